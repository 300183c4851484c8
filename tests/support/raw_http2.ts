/** One HTTP/2 request by the frame over TCP (RFC 9113), without TLS: for bodies that are given up in the middle. */

export interface RawStream extends AsyncDisposable {
  /** A DATA frame of at most 16,384 bytes. */
  send(bytes: Uint8Array): Promise<void>;
  /** The proper end of the body. */
  end(): Promise<void>;
  /** RST_STREAM with CANCEL: the client has given the request up; the connection goes on. */
  reset(): Promise<void>;
}

export interface StreamRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
}

const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const [DATA, HEADERS, RST_STREAM, SETTINGS] = [0x0, 0x1, 0x3, 0x4];
const [END_STREAM, END_HEADERS] = [0x1, 0x4];
const CANCEL = 0x8;
const STREAM = 1;

/** Connects to `url`'s host and port, and sends the head of `request`. Dispose it to close. */
export async function openStream(url: URL, request: StreamRequest): Promise<RawStream> {
  const { method, path, headers } = request;
  const connection = await Deno.connect({ hostname: url.hostname, port: Number(url.port) });
  const reading = drain(connection);
  const write = async (...parts: Uint8Array[]) => {
    for (const part of parts) {
      for (let sent = 0; sent < part.length;) sent += await connection.write(part.subarray(sent));
    }
  };
  const fields = { ":method": method, ":scheme": "http", ":path": path, ":authority": url.host, ...headers };
  const block = Object.entries(fields).flatMap(([name, value]) => [...literal(name, value)]);
  await write(
    new TextEncoder().encode(PREFACE),
    frame(SETTINGS, 0, 0, new Uint8Array(0)),
    frame(HEADERS, END_HEADERS, STREAM, new Uint8Array(block)),
  );
  return {
    send: (bytes) => write(frame(DATA, 0, STREAM, bytes)),
    end: () => write(frame(DATA, END_STREAM, STREAM, new Uint8Array(0))),
    reset: () => write(frame(RST_STREAM, 0, STREAM, new Uint8Array([0, 0, 0, CANCEL]))),
    async [Symbol.asyncDispose]() {
      connection.close();
      await reading;
    },
  };
}

/** So that the server is never kept from writing; ends with the connection. */
async function drain(connection: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(64 * 1024);
  while (await connection.read(buffer).catch(() => null) !== null);
}

function frame(type: number, flags: number, stream: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(9 + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, payload.length << 8 | type);
  view.setUint8(4, flags);
  view.setUint32(5, stream);
  bytes.set(payload, 9);
  return bytes;
}

/** A field that is in no table and is not to be put into one (RFC 7541, 6.2.2). */
function literal(name: string, value: string): Uint8Array {
  const parts = [name, value].flatMap((text) => {
    const bytes = new TextEncoder().encode(text);
    return [...length(bytes.length), ...bytes];
  });
  return new Uint8Array([0, ...parts]);
}

/** With a prefix of seven bits (RFC 7541, 5.1). */
function length(value: number): number[] {
  if (value < 127) return [value];
  const bytes = [127];
  let rest = value - 127;
  for (; rest >= 128; rest = rest >> 7) bytes.push(rest % 128 + 128);
  return [...bytes, rest];
}
