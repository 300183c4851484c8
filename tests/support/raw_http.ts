/**
 * HTTP/1.1 by the byte over TCP, for what `fetch` cannot send: partial heads and bodies, false lengths, half-closed
 * connections, pipelining. What the server answers is read leniently, so that a test sees what really came.
 */

export interface RawResponse {
  status: number;
  reason: string;
  headers: Headers;
  /** Without the framing of `Transfer-Encoding: chunked`. */
  body: Uint8Array;
  /** False when the connection ended before the body's announced end. */
  complete: boolean;
  /** Statuses of the interim (1xx) responses before it. */
  interim: number[];
}

export interface RawConnection extends Disposable {
  /** Sends text as Latin-1, or bytes; `pieceBytes` and `pauseMs` send it slowly. */
  send(data: string | Uint8Array, options?: { pieceBytes?: number; pauseMs?: number }): Promise<void>;
  /** Ends our side (FIN); the answer can still be read. */
  halfClose(): Promise<void>;
  /** The next final response; null when the connection ends first. `head`: it answers HEAD and has no body. */
  response(options?: { head?: boolean }): Promise<RawResponse | null>;
  /** Everything up to the end of the connection, also when that is a reset. */
  rest(): Promise<Uint8Array>;
}

export interface RawOptions {
  /** Milliseconds after which the connection is cut, so that a server that never answers fails the test; default 20,000. */
  deadlineMs?: number;
  /** Certificates, in PEM, that are believed beside the usual ones; for `https:` addresses. */
  caCerts?: string[];
}

const END_OF_HEAD = "\r\n\r\n";

function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

function toBytes(data: string | Uint8Array): Uint8Array {
  return typeof data === "string" ? Uint8Array.from(data, (char) => char.charCodeAt(0)) : data;
}

function concat(parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Reads ahead of what is asked for; null and short results mean that the connection has ended. */
function buffered(connection: Deno.Conn) {
  let pending: Uint8Array<ArrayBufferLike> = new Uint8Array(0);

  async function more(): Promise<boolean> {
    const piece = new Uint8Array(64 * 1024);
    const count = await connection.read(piece).catch((error) => {
      const { ConnectionReset, UnexpectedEof } = Deno.errors;
      // The second one: of TLS, without a word before.
      if (error instanceof ConnectionReset || error instanceof UnexpectedEof) return null;
      throw error;
    });
    if (count === null) return false;
    pending = concat([pending, piece.subarray(0, count)]);
    return true;
  }

  function take(count: number): Uint8Array {
    const taken = pending.subarray(0, count);
    pending = pending.subarray(count);
    return taken;
  }

  return {
    async until(mark: string): Promise<string | null> {
      for (;;) {
        const end = latin1(pending).indexOf(mark);
        if (end !== -1) return latin1(take(end + mark.length)).slice(0, end);
        if (!await more()) return null;
      }
    },
    async exactly(count: number): Promise<Uint8Array> {
      const parts: Uint8Array[] = [];
      for (let missing = count; missing > 0;) {
        if (pending.length === 0 && !await more()) break;
        const part = take(missing);
        parts.push(part);
        missing -= part.length;
      }
      return concat(parts);
    },
    async rest(): Promise<Uint8Array> {
      while (await more());
      return take(pending.length);
    },
  };
}

type Buffered = ReturnType<typeof buffered>;
type Body = Pick<RawResponse, "body" | "complete">;

async function readChunked(input: Buffered): Promise<Body> {
  const parts: Uint8Array[] = [];
  for (;;) {
    const line = await input.until("\r\n");
    const size = parseInt(line ?? "", 16);
    if (Number.isNaN(size)) return { body: concat(parts), complete: false };
    const part = await input.exactly(size);
    parts.push(part);
    const end = await input.until("\r\n");
    if (part.length < size || end === null) return { body: concat(parts), complete: false };
    if (size === 0) return { body: concat(parts), complete: true };
  }
}

async function readBody(input: Buffered, headers: Headers): Promise<Body> {
  if (/chunked/i.test(headers.get("transfer-encoding") ?? "")) return await readChunked(input);
  const length = headers.get("content-length");
  if (length === null) return { body: await input.rest(), complete: true };
  const body = await input.exactly(Number(length));
  return { body, complete: body.length === Number(length) };
}

async function readResponse(input: Buffered, { head }: { head: boolean }): Promise<RawResponse | null> {
  const interim: number[] = [];
  for (;;) {
    const text = await input.until(END_OF_HEAD);
    if (text === null) return null;
    const [first = "", ...fields] = text.split("\r\n");
    const [, code, reason = ""] = /^HTTP\/1\.[01] (\d{3}) ?(.*)$/.exec(first) ?? [];
    if (code === undefined) throw new Error(`not a status line: ${JSON.stringify(first)}`);
    const status = Number(code);
    if (status < 200) {
      interim.push(status);
      continue;
    }
    const headers = new Headers(fields.map((field): [string, string] => {
      const colon = field.indexOf(":");
      return [field.slice(0, colon), field.slice(colon + 1).trim()];
    }));
    const bodiless = head || status === 204 || status === 304;
    const body = bodiless ? { body: new Uint8Array(0), complete: true } : await readBody(input, headers);
    return { status, reason, headers, interim, ...body };
  }
}

/** Connects to `url`'s host and port, over TLS for `https:`. Dispose it to close. */
export async function rawConnect(url: URL, options: RawOptions = {}): Promise<RawConnection> {
  const { deadlineMs = 20_000, caCerts = [] } = options;
  const isSecure = url.protocol === "https:";
  const address = { hostname: url.hostname, port: Number(url.port || (isSecure ? 443 : 80)) };
  const connection = isSecure
    ? await Deno.connectTls({ ...address, caCerts, alpnProtocols: ["http/1.1"] })
    : await Deno.connect(address);
  const input = buffered(connection);
  let open = true;
  const close = () => {
    if (open) connection.close();
    open = false;
  };
  const deadline = setTimeout(close, deadlineMs);

  return {
    async send(data, { pieceBytes, pauseMs = 0 } = {}) {
      const bytes = toBytes(data);
      const step = pieceBytes ?? Math.max(bytes.length, 1);
      for (let at = 0; at < bytes.length; at += step) {
        if (at > 0 && pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
        const piece = bytes.subarray(at, at + step);
        for (let sent = 0; sent < piece.length;) sent += await connection.write(piece.subarray(sent));
      }
    },
    halfClose: () => connection.closeWrite(),
    response: ({ head = false } = {}) => readResponse(input, { head }),
    rest: () => input.rest(),
    [Symbol.dispose]() {
      clearTimeout(deadline);
      close();
    },
  };
}

/** Sends one request, its lines joined by CRLF and followed by an empty one, and reads the answer. */
export async function rawRequest(
  url: URL,
  { lines, body = "", head }: { lines: string[]; body?: string | Uint8Array; head?: boolean },
): Promise<RawResponse | null> {
  using connection = await rawConnect(url);
  await connection.send(lines.join("\r\n") + END_OF_HEAD);
  await connection.send(body);
  return await connection.response({ head });
}
