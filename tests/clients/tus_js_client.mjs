// Uploads with tus-js-client in Node, in the way that the first argument names; prints what became of it as JSON.
// Usage: node tus_js_client.mjs <way> <endpoint> <file>, with the token in TOKEN.
import { createReadStream, readFileSync } from "node:fs";
import { PassThrough } from "node:stream";
import * as tus from "tus-js-client";

const [way, endpoint, path] = process.argv.slice(2);
const MIB = 2 ** 20;
const requests = [];

const common = {
  endpoint,
  headers: { Authorization: `Bearer ${process.env.TOKEN}` },
  metadata: { filename: "from node 中文.bin", filetype: "application/x-test", keep: "me" },
  retryDelays: [0, 50, 100],
  onBeforeRequest: (request) => void requests.push(request.getMethod()),
};

/** Resolves with the address when it has succeeded, or with null when `onProgress` has stopped it. */
function run(source, options) {
  return new Promise((resolve, reject) => {
    const upload = new tus.Upload(source, {
      ...common,
      ...options,
      onError: reject,
      onSuccess: () => resolve(upload.url),
      onProgress: options.stopAt
        ? (sent) => {
          if (sent < options.stopAt) return;
          upload.abort().then(() => resolve(null), reject);
        }
        : null,
    });
    if (options.goOn) {
      upload.findPreviousUploads().then((found) => {
        if (found.length !== 1) throw new Error(`${found.length} previous uploads`);
        upload.resumeFromPreviousUpload(found[0]);
        upload.start();
      }).catch(reject);
    } else {
      upload.start();
    }
  });
}

const bytes = () => readFileSync(path);
const ways = {
  plain: () => run(bytes(), {}),
  chunked: () => run(bytes(), { chunkSize: MIB }),
  stream: () => run(createReadStream(path), { chunkSize: MIB }),
  parallel: () => run(bytes(), { parallelUploads: 4 }),
  // Of a stream whose length nobody can look up; with that of a file this client does not come to an end.
  deferred: () =>
    run(createReadStream(path).pipe(new PassThrough()), { chunkSize: MIB, uploadLengthDeferred: true }),
  "during creation": () => run(bytes(), { uploadDataDuringCreation: true }),
  "during creation, chunked": () => run(bytes(), { uploadDataDuringCreation: true, chunkSize: MIB }),
  "draft 03": () => run(bytes(), { protocol: "ietf-draft-03", chunkSize: MIB }),
  "draft 05": () => run(bytes(), { protocol: "ietf-draft-05", chunkSize: MIB }),
  "draft 05, during creation": () => run(bytes(), { protocol: "ietf-draft-05", uploadDataDuringCreation: true }),
  async resumed() {
    const known = [];
    const urlStorage = {
      findAllUploads: () => Promise.resolve(known),
      findUploadsByFingerprint: (wanted) => Promise.resolve(known.filter(({ key }) => key === wanted)),
      addUpload: (key, upload) => Promise.resolve(known.push({ ...upload, key, urlStorageKey: key }) && key),
      removeUpload: () => Promise.resolve(),
    };
    const fingerprint = () => Promise.resolve("the same file");
    const options = { chunkSize: MIB, urlStorage, fingerprint };
    await run(bytes(), { ...options, stopAt: MIB });
    requests.push("again");
    return await run(bytes(), { ...options, goOn: true });
  },
  async terminated() {
    const url = await run(bytes(), { chunkSize: MIB });
    await tus.Upload.terminate(url, common);
    return url;
  },
};

const url = await ways[way]();
console.log(JSON.stringify({ url, requests }));
