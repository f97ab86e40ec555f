// SPDX-License-Identifier: GPL-3.0-or-later
//
// A bcoin full node on regtest, in memory, that a test drives by JSON lines: one request on
// standard input, one answer on standard output. It listens on one loopback port and connects to
// nobody.
//
//   node bcoin_node.js PATH_OF_BCOIN [PORT]        its first line: {"port":N,"genesis":HASH}
//   {"do":"mine","blocks":N}                       on the best tip
//   {"do":"mine","blocks":N,"from":HEIGHT}         a branch off the best chain at HEIGHT
//   {"do":"tip"}                                   {"height":H,"hash":HASH}
//   {"do":"hashes","from":HEIGHT}                  {"hashes":[...]} of the best chain
//   {"do":"dump"}                                  {"blocks":[hex...]}, the chain after genesis
//   {"do":"load","blocks":[hex...]}                blocks of another instance
//   {"do":"stop"}
//
// Hashes are in display order. It also stops when standard input ends.

'use strict';

const net = require('net');
const readline = require('readline');

const bcoin = require(process.argv[2]);
const {FullNode, Block} = bcoin;

// bcoin keeps hashes as hex in wire order.
const display = hash => Buffer.from(hash, 'hex').reverse().toString('hex');

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = net.createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const {port} = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

async function mine(node, count, from) {
  const {chain, miner} = node;
  let tip = from == null ? chain.tip : await chain.getEntryByHeight(from);
  for (let i = 0; i < count; i++) {
    const block = await miner.mineBlock(tip);
    tip = await chain.add(block);
    if (!tip)
      throw new Error('bcoin refused its own block');
  }
}

async function answer(node, request) {
  const {chain} = node;
  switch (request.do) {
    case 'mine':
      await mine(node, request.blocks, request.from);
      break;
    case 'tip':
      break;
    case 'hashes': {
      const hashes = [];
      for (let h = request.from; h <= chain.height; h++)
        hashes.push(display((await chain.getEntryByHeight(h)).hash));
      return {hashes};
    }
    case 'dump': {
      const blocks = [];
      for (let h = 1; h <= chain.height; h++)
        blocks.push((await chain.getRawBlock(h)).toString('hex'));
      return {blocks};
    }
    case 'load':
      for (const hex of request.blocks) {
        if (!await chain.add(Block.fromRaw(Buffer.from(hex, 'hex'))))
          throw new Error('bcoin refused a block');
      }
      break;
    default:
      throw new Error('unknown request ' + request.do);
  }
  return {height: chain.height, hash: display(chain.tip.hash)};
}

async function main() {
  const port = Number(process.argv[3]) || await freePort();
  const node = new FullNode({
    network: 'regtest',
    memory: true,
    workers: false,
    listen: true,
    host: '127.0.0.1',
    port: port,
    seeds: [],
    upnp: false,
    logLevel: 'none'
  });
  // The HTTP interface has a fixed port, which two nodes on one machine would fight for.
  node.http.open = async () => {};
  node.http.close = async () => {};
  await node.open();
  node.miner.addAddress('mfWxJ45yp2SFn7UciZyNpvDKrzbhyfKrY8');
  await node.pool.listen();

  const say = value => process.stdout.write(JSON.stringify(value) + '\n');
  say({port, genesis: display(node.chain.tip.hash)});

  for await (const line of readline.createInterface({input: process.stdin})) {
    const request = JSON.parse(line);
    if (request.do === 'stop')
      break;
    try {
      say(await answer(node, request));
    } catch (error) {
      say({error: error.stack});
    }
  }
  await node.close();
  process.exit(0);
}

main().catch((error) => {
  console.error(error.stack);
  process.exit(1);
});
