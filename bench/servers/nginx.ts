/** The peer for downloads: nginx over a folder, two workers, no access log; with `sendfile` and, at another port, without. */
import { startChild } from "../../tests/support/child.ts";

export interface Nginx extends AsyncDisposable {
  pid: number;
  url: string;
  /** Where it reads into its memory what it sends, as a server must that looks at the bytes or counts them. */
  copyingUrl: string;
  version: string;
}

/** Serves the files of `root`. Throws when nginx is missing. */
export async function startNginx(directory: string, root: string): Promise<Nginx> {
  const [port, copyingPort] = freePorts();
  const config = `
daemon off; master_process on; worker_processes 2; pid ${directory}/nginx.pid; error_log stderr warn;
events { worker_connections 512; }
http {
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000; default_type application/octet-stream;
  client_body_temp_path ${directory}/t1; proxy_temp_path ${directory}/t2; fastcgi_temp_path ${directory}/t3;
  uwsgi_temp_path ${directory}/t4; scgi_temp_path ${directory}/t5;
  server { listen 127.0.0.1:${port}; root ${root}; }
  server { listen 127.0.0.1:${copyingPort}; root ${root}; sendfile off; output_buffers 2 256k; }
}`;
  await Deno.writeTextFile(`${directory}/nginx.conf`, config);
  const version = new TextDecoder().decode(
    (await new Deno.Command("nginx", { args: ["-v"] }).output()).stderr,
  );
  // Debian's runs as root or not; its workers must be able to read the folder either way.
  const user = Deno.uid() === 0 ? ["-g", "user root;"] : [];
  const child = await startChild(
    ["/bin/sh", "-c", 'echo starting; exec nginx "$@"', "sh", "-c", `${directory}/nginx.conf`, ...user],
    { env: { PATH: `${Deno.env.get("PATH")}:/usr/sbin` }, cwd: directory, ready: /starting/ },
  );
  const url = `http://127.0.0.1:${port}/`;
  await answering(url, child.ended);
  return {
    pid: child.pid,
    url,
    copyingUrl: `http://127.0.0.1:${copyingPort}/`,
    version: version.trim().replace("nginx version: ", ""),
    async [Symbol.asyncDispose]() {
      await child.stop("SIGTERM");
    },
  };
}

function freePorts(): [number, number] {
  using one = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  using other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return [one.addr.port, other.addr.port];
}

async function answering(url: string, ended: Promise<unknown>): Promise<void> {
  let over = false;
  void ended.then(() => over = true);
  for (let tries = 0; tries < 100 && !over; tries++) {
    try {
      await (await fetch(url)).body?.cancel();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  throw new Error("nginx does not answer");
}
