/** The JSON schema of `pawl.json`, which lets editors complete and check it. */
import * as z from "zod";
import { ROWS } from "./settings.ts";

interface ObjectSchema {
  type: "object";
  properties: Record<string, unknown>;
  additionalProperties: false;
}

function emptyObject(): ObjectSchema {
  return { type: "object", properties: {}, additionalProperties: false };
}

/** As JSON Schema 2020-12. Rules that it cannot say are in the descriptions; the server checks them all. */
export function pawlJsonSchema(): Record<string, unknown> {
  const root = emptyObject();
  root.properties.$schema = { type: "string" };
  for (const row of ROWS) {
    if (row.key === undefined) continue;
    const groups = row.key.split(".");
    const name = groups.pop()!;
    const parent = groups.reduce(
      (at, group) => (at.properties[group] ??= emptyObject()) as ObjectSchema,
      root,
    );
    const { $schema: _dialect, ...schema } = z.toJSONSchema(row.schema, { io: "input" });
    const unit = row.unit === undefined || row.type === "bytes" ? "" : ` In ${row.unit}.`;
    const description = `${row.description}${unit} Allowed: ${row.rule}.`;
    parent.properties[name] = { description, default: row.default, ...schema };
  }
  return { $schema: "https://json-schema.org/draft/2020-12/schema", title: "pawl.json", ...root };
}
