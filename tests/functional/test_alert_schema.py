# SPDX-License-Identifier: GPL-3.0-or-later
"""Goal: alert documents of every kind are valid by the JSON Schema that is shipped, as another
implementation reads it; the schema refuses what is not an alert; and nothing in a document is
missing from the schema."""

import copy
import json
import os
import re
import subprocess
import sys
import unittest

try:
    from jsonschema import Draft202012Validator
except ImportError:
    print("there is no python3-jsonschema here")
    sys.exit(77)

TOP = os.environ.get("HASHTIDE_SRCDIR", ".")
BUILD = os.environ.get("HASHTIDE_BUILDDIR", ".")
PROGRAM = os.path.join(BUILD, "tests", "alerts", "print_documents")
if not os.path.exists(PROGRAM):
    print("print_documents was not built: it needs Check")
    sys.exit(77)


def read_schema():
    with open(os.path.join(TOP, "alerts", "alert.schema.json"), encoding="utf-8") as file:
        return json.load(file)


def read_lines():
    done = subprocess.run([PROGRAM], capture_output=True, check=True)
    return done.stdout.decode("utf-8").splitlines()


class AlertSchema(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.schema = read_schema()
        Draft202012Validator.check_schema(cls.schema)
        cls.validator = Draft202012Validator(cls.schema)
        cls.lines = read_lines()
        cls.documents = [json.loads(line) for line in cls.lines]

    def test_every_document_is_valid(self):
        self.assertGreater(len(self.documents), 300)
        states = {document["state"] for document in self.documents}
        self.assertEqual(states, set(self.schema["properties"]["state"]["enum"]))
        for document in self.documents:
            errors = [error.message for error in self.validator.iter_errors(document)]
            self.assertEqual(errors, [], json.dumps(document))

    def described(self, document, schema, path):
        """Yields what stands in a document and is not in the schema."""
        if "$ref" in schema or "oneOf" in schema:
            choices = schema.get("oneOf", [])
            schema = next((each for each in choices if "properties" in each), schema)
        for key, value in document.items():
            if key not in schema.get("properties", {}):
                if "additionalProperties" not in schema:
                    yield path + key
            elif isinstance(value, dict):
                yield from self.described(value, schema["properties"][key], path + key + ".")

    def test_nothing_is_left_undescribed(self):
        for document in self.documents:
            self.assertEqual(list(self.described(document, self.schema, "")), [])

    def test_order_and_form_of_the_text(self):
        orders = {}
        for line, document in zip(self.lines, self.documents):
            self.assertNotIn("NaN", line)
            self.assertNotIn("Infinity", line)
            same = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
            self.assertEqual(line, re.sub(r"(\d)e-0(\d)", r"\1e-\2", same))
            kind = "rule" if "rule" in document else "sink"
            self.assertEqual(list(document), orders.setdefault(kind, list(document)))
        self.assertEqual(set(orders), {"rule", "sink"})

    def test_ids(self):
        """One id for each message, and one for each incident."""
        with_key = [document for document in self.documents if document["monitor"]["public_key"]]
        self.assertEqual(len({document["message_id"] for document in with_key}), len(with_key))
        alerts = {}
        for document in with_key:
            name = document.get("rule", document["state"])
            self.assertEqual(alerts.setdefault(name, document["alert_id"]), document["alert_id"])
        self.assertEqual(len(set(alerts.values())), len(alerts))

    def test_what_is_no_alert_is_refused(self):
        good = next(each for each in self.documents if each["state"] == "raised" and each["block"])
        required = self.schema["required"] + self.schema["else"]["required"]
        self.assertEqual(sorted(required), sorted(good))
        for key in required:
            bad = copy.deepcopy(good)
            del bad[key]
            self.assertFalse(self.validator.is_valid(bad), key)
        for key, value in (
            ("form", 2),
            ("state", "risen"),
            ("message_id", "12"),
            ("sequence", 0),
            ("timestamp", "yesterday"),
            ("value", 3),
            ("block", {"height": -1, "hash": "0" * 64}),
            ("threshold", {}),
            ("summary", ""),
            ("sink", "ops"),
        ):
            bad = copy.deepcopy(good)
            bad[key] = value
            self.assertFalse(self.validator.is_valid(bad), key)


if __name__ == "__main__":
    unittest.main(verbosity=2)
