import { fileURLToPath } from "node:url";
import { startChild } from "../support/child.ts";
import { tool } from "../support/tools.ts";
import { type ProxyPlaces, testReverseProxy } from "./reverse_proxy.ts";

const caddy = tool("caddy", import.meta.url);

async function start({ folder, port, backend, certificate, key }: ProxyPlaces) {
  const args = ["adapt", "--config", fileURLToPath(new URL("../../deploy/Caddyfile", import.meta.url))];
  const { code, stdout, stderr } = await new Deno.Command(caddy!, { args }).output();
  const text = new TextDecoder();
  if (code !== 0 || /not formatted/.test(text.decode(stderr))) throw new Error(text.decode(stderr));
  const adapted = text.decode(stdout)
    .replace('":443"', `"127.0.0.1:${port}"`)
    .replaceAll('"files.example.org"', '"localhost"')
    .replace('"127.0.0.1:8000"', `"${backend}"`);
  const { apps } = JSON.parse(adapted);
  Object.assign(apps.http.servers.srv0, {
    automatic_https: { disable: true },
    tls_connection_policies: [{}],
  });
  const config = {
    admin: { disabled: true },
    storage: { module: "file_system", root: `${folder}/caddy` },
    apps: { ...apps, tls: { certificates: { load_files: [{ certificate, key }] } } },
  };
  await Deno.writeTextFile(`${folder}/caddy.json`, JSON.stringify(config));
  return await startChild([caddy!, "run", "--config", `${folder}/caddy.json`], {
    env: { HOME: folder },
    cwd: folder,
    ready: /serving initial configuration/,
  });
}

testReverseProxy("Caddy", {
  start: caddy === null ? null : start,
  module: import.meta.url,
  redirects: false,
});
