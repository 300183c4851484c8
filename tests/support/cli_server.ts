/** A server in this process with a person who is signed in to it from the command line. */
import { ALICE, startApp, type TestApp, type TestAppOptions, type TestUser } from "./app.ts";
import { type Person, person } from "./cli.ts";
import { listen } from "./listening_app.ts";

export interface CliServer extends AsyncDisposable {
  app: TestApp;
  url: URL;
  /** `user`'s; default `ALICE`. */
  me: Person;
  token: string;
}

export async function cliServer(
  { user = ALICE, ...options }: TestAppOptions & { user?: TestUser } = {},
): Promise<CliServer> {
  await using cleanup = new AsyncDisposableStack();
  const app = cleanup.use(await startApp(options));
  const { url } = cleanup.use(listen(app));
  const token = await app.token(user);
  const me = cleanup.use(await person({ url, token }));
  const owned = cleanup.move();
  return { app, url, me, token, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
