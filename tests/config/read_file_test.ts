import assert from "node:assert/strict";
import { readConfigFile } from "../../config/read_file.ts";

for (
  const [text, message] of [
    ["{", "Expected property name or '}' at line 1, column 2."],
    ['{"siteName": "x",\n}', "Expected double-quoted property name at line 2, column 1."],
    ['{\n  "a": 1\n  "b": 2\n}', "Expected ',' or '}' after property value at line 3, column 3."],
    ["{}}", "Unexpected '}' at line 1, column 3."],
    ['{"a": [1,]}', "Unexpected ']' at line 1, column 10."],
  ] as const
) {
  Deno.test(`a person can find what is wrong in ${JSON.stringify(text)}`, () => {
    assert.deepEqual(readConfigFile(text, "pawl.json").mistakes, [`pawl.json is not valid JSON: ${message}`]);
  });
}
