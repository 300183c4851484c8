// @tus/server with @tus/file-store as their documentation shows it. Run by Node beside its node_modules.
import { createServer } from "node:http";
import { FileStore } from "@tus/file-store";
import { Server } from "@tus/server";

const server = new Server({ path: "/files", datastore: new FileStore({ directory: process.argv[2] }) });
const listener = createServer((request, response) => server.handle(request, response));
listener.listen(0, "127.0.0.1", () => console.log(`ready ${listener.address().port}`));
