/**
 * The house rules that `deno lint` checks: which room may import which, who may touch the outside world, and how
 * files are cut. Each rule says what to do instead; the reasons are in ARCHITECTURE.md.
 */

/** Largest source file in lines; tests may be longer. */
const MAX_LINES = 300;

/**
 * Room -> what it may import. An entry is a room (itself or a folder below that has no entry of its own) or one
 * file. Rooms that are missing here are unknown and refused; null may import anything.
 */
const MAY_IMPORT: Record<string, readonly string[] | null> = {
  "main.ts": ["deno.json", "config", "log.ts", "routes", "jobs", "services"],
  "log.ts": ["config/config.ts"],
  "config": ["config", "services/model.ts", "services/problem.ts"],
  "routes": ["routes", "services", "static", "config/config.ts"],
  "jobs": ["jobs", "services", "config/config.ts"],
  "services": ["services", "services/records", "services/blobs", "config/config.ts"],
  "services/records": ["services/records", "services/model.ts", "services/problem.ts", "config/config.ts"],
  "services/blobs": ["services/blobs", "services/model.ts", "services/problem.ts", "config/config.ts"],
  "client": ["client"],
  "static": ["static", "client"],
  "tools": null,
  "tests": null,
  "bench": null,
};

/** `Deno.<name>` -> the rooms and files that may use it. */
const READS_ENVIRONMENT = ["main.ts", "config", "tools", "tests", "bench", "client/cli"];
const OPENS_KV = ["services/open.ts", "tests"];
const TOUCHES_FILES = [
  "services/blobs",
  "services/access/secret.ts",
  "services/data_dir.ts",
  "services/downloads_folder/folder.ts",
  "services/images/mark_picture.ts",
];

// deno-fmt-ignore
const FILE_APIS = new Set([
  "chmod", "chown", "copyFile", "create", "link", "lstat", "makeTempDir", "makeTempFile", "mkdir", "open",
  "readDir", "readFile", "readLink", "readTextFile", "realPath", "remove", "rename", "stat", "statfs", "symlink",
  "truncate", "umask", "utime", "watchFs", "writeFile", "writeTextFile",
]);

const FILE_MODULES = /^node:fs(\/|$)/;
const HONO = /^(hono|@hono\/[^/]+)(\/|$)/;
const VAGUE_NAMES = /(^|\/)(index|utils?|helpers?|common|misc)\.tsx?$/;
/** The client's entry point is the one file that may only pass on what others export. */
const BARREL = "client/mod.ts";

const root = new URL("..", import.meta.url).pathname;

function relative(filename: string): string {
  return filename.startsWith(root) ? filename.slice(root.length) : filename;
}

function within(path: string, places: readonly string[]): boolean {
  return places.some((place) => path === place || path.startsWith(place + "/"));
}

/** The innermost room that holds `path`; null when none does. */
function roomOf(path: string): string | null {
  const rooms = Object.keys(MAY_IMPORT).filter((room) => within(path, [room]));
  return rooms.sort((a, b) => b.length - a.length)[0] ?? null;
}

/** Why `here` may not import `specifier`, or null when it may. */
function importFault(here: string, specifier: string): string | null {
  const room = roomOf(here);
  if (room === null) {
    return `${here} lies in no known room; put it into one, or add the room to tools/house_lint.ts.`;
  }
  if (/^(npm|jsr|https?):/.test(specifier)) {
    return `Name the package in deno.json and import it by that name, not as "${specifier}".`;
  }
  if (HONO.test(specifier)) {
    const allowed = within(here, ["routes", "tests", "bench"]) ||
      (room === "static" && /^hono\/jsx(\/|$)/.test(specifier));
    return allowed ? null : `Only routes/ may import Hono (static/ only hono/jsx), not ${here}.`;
  }
  if (!/^[./]|^file:/.test(specifier)) return null;
  const there = relative(new URL(specifier, `file://${root}${here}`).pathname);
  const allowed = MAY_IMPORT[room]!;
  if (allowed === null || allowed.includes(there) || allowed.includes(roomOf(there) ?? "")) return null;
  return `${room} may not import ${there}; it may import: ${allowed.join(", ")}.`;
}

function literal(node: Deno.lint.Node | null): string | null {
  return node?.type === "Literal" && typeof node.value === "string" ? node.value : null;
}

/** Calls `visit` for the specifier of every form of import and re-export that names it as a literal. */
function importVisitor(
  visit: (specifier: string, node: Deno.lint.Node) => void,
): Deno.lint.LintVisitor {
  const seen = (source: Deno.lint.Node | null, node: Deno.lint.Node) => {
    const specifier = literal(source);
    if (specifier !== null) visit(specifier, node);
  };
  return {
    ImportDeclaration: (node) => seen(node.source, node),
    ExportNamedDeclaration: (node) => seen(node.source, node),
    ExportAllDeclaration: (node) => seen(node.source, node),
    ImportExpression: (node) => seen(node.source, node),
    TSImportType: (node) => seen(node.argument.type === "TSLiteralType" ? node.argument.literal : null, node),
  };
}

/** Calls `visit` for every `Deno.<name>`, `Deno["<name>"]` and `const { <name> } = Deno`. */
function denoVisitor(visit: (name: string, node: Deno.lint.Node) => void): Deno.lint.LintVisitor {
  return {
    MemberExpression(node) {
      if (node.object.type !== "Identifier" || node.object.name !== "Deno") return;
      const name = node.computed
        ? literal(node.property)
        : node.property.type === "Identifier"
        ? node.property.name
        : null;
      if (name !== null) visit(name, node);
    },
    VariableDeclarator(node) {
      if (node.init?.type !== "Identifier" || node.init.name !== "Deno") return;
      if (node.id.type !== "ObjectPattern") return;
      for (const property of node.id.properties) {
        if (property.type === "Property" && property.key.type === "Identifier") {
          visit(property.key.name, property);
        }
      }
    },
  };
}

export default {
  name: "house",
  rules: {
    "import-direction": {
      create(ctx) {
        const here = relative(ctx.filename);
        return importVisitor((specifier, node) => {
          const message = importFault(here, specifier);
          if (message !== null) ctx.report({ node, message });
        });
      },
    },
    "environment": {
      create(ctx) {
        const here = relative(ctx.filename);
        if (within(here, READS_ENVIRONMENT)) return {};
        return denoVisitor((name, node) => {
          if (name !== "env") return;
          ctx.report({ node, message: `${here} may not read the environment; take it from the Config.` });
        });
      },
    },
    "open-kv": {
      create(ctx) {
        const here = relative(ctx.filename);
        if (within(here, OPENS_KV)) return {};
        return denoVisitor((name, node) => {
          if (name !== "openKv") return;
          ctx.report({
            node,
            message: `Only services/open.ts opens KV; ${here} takes the handle it is given.`,
          });
        });
      },
    },
    "file-access": {
      create(ctx) {
        const here = relative(ctx.filename);
        if (!within(here, ["services"]) || within(here, TOUCHES_FILES)) return {};
        const message = `${here} may not touch files; that is for ${TOUCHES_FILES.join(", ")}.`;
        return {
          ...denoVisitor((name, node) => {
            if (FILE_APIS.has(name.replace(/Sync$/, ""))) ctx.report({ node, message });
          }),
          ...importVisitor((specifier, node) => {
            if (FILE_MODULES.test(specifier)) ctx.report({ node, message });
          }),
        };
      },
    },
    "max-lines": {
      create(ctx) {
        if (within(relative(ctx.filename), ["tests"])) return {};
        return {
          Program(node) {
            const lines = ctx.sourceCode.text.trimEnd().split("\n").length;
            if (lines <= MAX_LINES) return;
            ctx.report({
              node,
              message: `${lines} lines; the limit is ${MAX_LINES}. Which subject can leave?`,
            });
          },
        };
      },
    },
    "file-name": {
      create(ctx) {
        const here = relative(ctx.filename);
        if (!VAGUE_NAMES.test(here)) return {};
        return {
          Program: (node) => ctx.report({ node, message: `Name ${here} after its one subject.` }),
        };
      },
    },
    "no-barrel": {
      create(ctx) {
        const here = relative(ctx.filename);
        if (here === BARREL) return {};
        return {
          Program(node) {
            const passesOn = (statement: Deno.lint.Node) =>
              statement.type === "ExportAllDeclaration" ||
              (statement.type === "ExportNamedDeclaration" && statement.source !== null);
            if (node.body.length === 0 || !node.body.every(passesOn)) return;
            ctx.report({ node, message: `${here} only passes on exports; import from where they are made.` });
          },
        };
      },
    },
    "no-inheritance": {
      create(ctx) {
        const check = (node: Deno.lint.ClassDeclaration | Deno.lint.ClassExpression) => {
          const parent = node.superClass;
          if (parent === null || (parent.type === "Identifier" && parent.name === "Error")) return;
          ctx.report({ node, message: "A class may extend Error only; use functions and plain values." });
        };
        return { ClassDeclaration: check, ClassExpression: check };
      },
    },
  },
} satisfies Deno.lint.Plugin;
