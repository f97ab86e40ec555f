// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "monitor/net/select.h"

#include <string.h>

/* BIP111/BIP159 service bits: a full node, or one that keeps the last 288 blocks. Either serves all
 * headers. */
#define SERVICE_NETWORK UINT64_C(1)
#define SERVICE_NETWORK_LIMITED UINT64_C(1024)

select_networks select_reachable(bool proxy, char *const *onlynet, size_t count)
{
    select_networks reach = SELECT_NETWORK(NETADDR_IPV4) | SELECT_NETWORK(NETADDR_IPV6);
    if (proxy) {
        reach |= SELECT_NETWORK(NETADDR_TORV3);
    }
    select_networks wanted = count == 0 ? reach : 0;
    for (size_t i = 0; i < count; i++) {
        enum netaddr_network network;
        if (netaddr_network_by_name(&network, onlynet[i])) {
            /* CJDNS is IPv6 to the kernel; whoever names it has it. */
            wanted |= SELECT_NETWORK(network) & (reach | SELECT_NETWORK(NETADDR_CJDNS));
        }
    }
    return wanted;
}

static bool group_used(const struct select_view *view, const struct netaddr *address)
{
    uint8_t group[NETADDR_GROUP_SIZE];
    netaddr_group(group, address);
    for (size_t i = 0; i < view->used_count; i++) {
        uint8_t other[NETADDR_GROUP_SIZE];
        netaddr_group(other, &view->used[i]);
        if (memcmp(group, other, sizeof group) == 0) {
            return true;
        }
    }
    return false;
}

bool select_allowed(const struct select_view *view, const struct netaddr *address)
{
    return (view->networks & SELECT_NETWORK(address->network)) != 0 && address->port != 0 &&
           !group_used(view, address) && !addrbook_discouraged(view->book, address, view->now);
}

static bool wanted(void *context, const struct addrbook_entry *entry)
{
    const struct select_view *view = context;
    /* Services are unknown (0) of what came from seeds. */
    bool serves = entry->services == 0 ||
                  (entry->services & (SERVICE_NETWORK | SERVICE_NETWORK_LIMITED)) != 0;
    return serves && select_allowed(view, &entry->address);
}

static bool choose(struct addrbook *book, struct netaddr *out, const struct select_view *view,
                   bool new_only)
{
    struct addrbook_entry entry;
    struct select_view copy = *view;
    if (!addrbook_choose(book, &entry, new_only, view->now, wanted, &copy)) {
        return false;
    }
    *out = entry.address;
    return true;
}

bool select_outbound(struct addrbook *book, struct netaddr *out, const struct select_view *view)
{
    return choose(book, out, view, false);
}

bool select_feeler(struct addrbook *book, struct netaddr *out, const struct select_view *view)
{
    return choose(book, out, view, true);
}
