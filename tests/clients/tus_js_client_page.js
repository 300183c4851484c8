// In a page: uploads the chosen file with tus-js-client, in the way asked for. Needs the globals `tus` and `tusVersion`.
(() => {
  const MIB = 2 ** 20;
  const chosen = document.createElement("input");
  chosen.type = "file";
  chosen.id = "chosen";
  document.body.append(chosen);

  const never = () => new Promise(() => {});

  /** The file without its first `skip` bytes, so that every way has content of its own. */
  function fileOf({ name, skip }) {
    const file = chosen.files[0];
    return new File([file.slice(skip)], name, {
      type: "application/x-test",
      lastModified: file.lastModified,
    });
  }

  function optionsOf({ name, endpoint, token }, requests) {
    return {
      endpoint,
      headers: token === null ? {} : { Authorization: `Bearer ${token}` },
      metadata: { filename: name, filetype: "application/x-test", keep: "me" },
      retryDelays: [0, 50, 100],
      onBeforeRequest: (request) => void requests.push(request.getMethod()),
    };
  }

  const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

  /** Resolves with the address when the upload has succeeded. `prepare` is given the upload before it starts. */
  function run(source, options, prepare = () => {}) {
    return new Promise((resolve, reject) => {
      const upload = new tus.Upload(source, {
        ...options,
        onError: reject,
        onSuccess: () => resolve(upload.url),
      });
      Promise.resolve(prepare(upload)).then(() => upload.start()).catch(reject);
    });
  }

  /** As far as its first chunk: what follows is never sent, and it waits for `goOn` in another life of this page. */
  async function begin(file, options) {
    let patches = 0;
    const { promise: arrived, resolve, reject } = Promise.withResolvers();
    const upload = new tus.Upload(file, {
      ...options,
      onError: reject,
      onBeforeRequest: (request) => request.getMethod() === "PATCH" && ++patches > 1 ? never() : undefined,
      onChunkComplete: resolve,
    });
    upload.start();
    await arrived;
    while ((await upload.findPreviousUploads()).length === 0) await later(10);
    return null;
  }

  async function goOn(upload) {
    const found = await upload.findPreviousUploads();
    if (found.length !== 1) throw new Error(`${found.length} previous uploads`);
    upload.resumeFromPreviousUpload(found[0]);
  }

  /** 4.x takes readers of streams, 5.x streams. */
  const stream = (file) => tusVersion.startsWith("4.") ? file.stream().getReader() : file.stream();

  const ways = {
    "plain": (file, options) => run(file, options),
    "chunked": (file, options) => run(file, { ...options, chunkSize: MIB }),
    "parallel": (file, options) => run(file, { ...options, parallelUploads: 4 }),
    "deferred": (file, options) =>
      run(stream(file), { ...options, chunkSize: MIB, uploadLengthDeferred: true }),
    "stream of known length": (file, options) =>
      run(stream(file), { ...options, chunkSize: MIB, uploadSize: file.size }),
    "during creation": (file, options) => run(file, { ...options, uploadDataDuringCreation: true }),
    "during creation, chunked": (file, options) =>
      run(file, { ...options, uploadDataDuringCreation: true, chunkSize: MIB }),
    "other methods forbidden": (file, options) =>
      run(file, { ...options, overridePatchMethod: true, addRequestId: true, chunkSize: MIB }),
    "draft 03": (file, options) => run(file, { ...options, protocol: "ietf-draft-03", chunkSize: MIB }),
    "draft 05": (file, options) => run(file, { ...options, protocol: "ietf-draft-05", chunkSize: MIB }),
    "draft 05, during creation": (file, options) =>
      run(file, { ...options, protocol: "ietf-draft-05", uploadDataDuringCreation: true }),
    async "stopped and gone on with"(file, options) {
      let stopped = false;
      return await run(file, { ...options, chunkSize: MIB }, (upload) => {
        upload.options.onChunkComplete = async () => {
          if (stopped) return;
          stopped = true;
          await upload.abort();
          upload.start();
        };
      });
    },
    "begun": (file, options) => begin(file, { ...options, chunkSize: MIB }),
    "gone on with": (file, options) => run(file, { ...options, chunkSize: MIB }, goOn),
    "begun, parallel": (file, options) => begin(file, { ...options, chunkSize: MIB / 4, parallelUploads: 4 }),
    "gone on with, parallel": (file, options) =>
      run(file, { ...options, chunkSize: MIB / 4, parallelUploads: 4 }, goOn),
    "begun, draft 05": (file, options) =>
      begin(file, { ...options, chunkSize: MIB, protocol: "ietf-draft-05" }),
    "gone on with, draft 05": (file, options) =>
      run(file, { ...options, chunkSize: MIB, protocol: "ietf-draft-05" }, goOn),
    async "terminated"(file, options) {
      const url = await run(file, options);
      await tus.Upload.terminate(url, options);
      return url;
    },
    async "terminated on its way"(file, options) {
      const { promise, resolve, reject } = Promise.withResolvers();
      const upload = new tus.Upload(file, {
        ...options,
        chunkSize: MIB,
        onError: reject,
        onChunkComplete: () => upload.abort(true).then(() => resolve(upload.url), reject),
      });
      upload.start();
      return await promise;
    },
  };

  globalThis.uploadBy = async (way, request) => {
    const requests = [];
    const url = await ways[way](fileOf(request), optionsOf(request, requests));
    return { url, requests };
  };
})();
