/** The one-click sign-in link. The token is in the fragment, which browsers send to nobody, so it reaches no log. */

/** `host` and `port` are those listened on; they count when there is no public address. Pure. */
export function signInLink(
  token: string,
  server: { publicUrl: URL | null; host: string; port: number },
): string {
  return `${baseAddress(server)}/#token=${token}`;
}

/** The address people open, without a trailing slash. A wildcard host is reached as loopback from here. */
export function baseAddress(server: { publicUrl: URL | null; host: string; port: number }): string {
  const { publicUrl, host, port } = server;
  if (publicUrl) return publicUrl.origin;
  return `http://${hostInUrl(host)}:${port}`;
}

function hostInUrl(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  if (host === "::" || host === "[::]") return "[::1]";
  return host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
}
