import { startChild } from "../support/child.ts";
import { tool } from "../support/tools.ts";
import { type ProxyPlaces, testReverseProxy } from "./reverse_proxy.ts";

const nginx = tool("nginx", import.meta.url);

async function start({ folder, port, plainPort, backend, certificate, key }: ProxyPlaces) {
  const example = await Deno.readTextFile(new URL("../../deploy/nginx.conf", import.meta.url));
  const placed = example
    .replace(/^ *listen \[::\].*\n/gm, "")
    .replace("listen 80;", `listen 127.0.0.1:${plainPort};`)
    .replace("listen 443 ", `listen 127.0.0.1:${port} `)
    .replaceAll(/ \/etc\/letsencrypt\/\S+\/fullchain\.pem/g, ` ${certificate}`)
    .replaceAll(/ \/etc\/letsencrypt\/\S+\/privkey\.pem/g, ` ${key}`)
    .replaceAll("server_name files.example.org;", "server_name localhost;")
    .replace("127.0.0.1:8000;", `${backend};`);
  await Deno.writeTextFile(`${folder}/pawl.conf`, placed);
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) =>
    `${name}_temp_path ${folder}/${name};`
  );
  const main = `
daemon off; worker_processes 2; pid ${folder}/nginx.pid; error_log stderr notice;
${Deno.uid() === 0 ? "user root;" : ""}
events { worker_connections 768; }
http { access_log off; gzip on; ${temporary.join(" ")} include ${folder}/pawl.conf; }`;
  await Deno.writeTextFile(`${folder}/nginx.conf`, main);
  const child = await startChild([nginx!, "-e", "stderr", "-c", `${folder}/nginx.conf`], {
    env: {},
    cwd: folder,
    ready: /start worker process/,
  });
  // Killed, it would leave its workers behind.
  return { [Symbol.asyncDispose]: async () => void await child.stop("SIGTERM") };
}

testReverseProxy("nginx", { start: nginx === null ? null : start, module: import.meta.url, redirects: true });
