// In a page: one Uppy as a site would set it up. Needs the globals `Uppy` and `Tus`, and `newToken`, which signs in.
(() => {
  const chosen = document.createElement("input");
  chosen.type = "file";
  chosen.id = "chosen";
  document.body.append(chosen);

  let token = null;
  /** What Uppy tells the person, and what its plugin hears. */
  const told = [];
  let running;

  /** Begins to upload the chosen file. With `ending` the token has ended after so many answers, and is that one. */
  globalThis.begin = async ({ endpoint, name, meta = {}, options = {}, ending = null }) => {
    token = await newToken();
    told.length = 0;
    const uppy = new Uppy();
    uppy.use(Tus, {
      endpoint,
      // Long enough for a server that starts anew.
      retryDelays: [100, ...Array(60).fill(250)],
      onBeforeRequest: (request) => request.setHeader("Authorization", `Bearer ${token}`),
      async onAfterResponse(request, response) {
        told.push(`${request.getMethod()} ${response.getStatus()}`);
        if (told.length === ending?.after) token = ending.token;
        if (response.getStatus() === 401) token = await newToken();
      },
      onShouldRetry(error, _attempt, _options, next) {
        return error.originalResponse?.getStatus() === 401 || next(error);
      },
      ...options,
    });
    uppy.on("info-visible", () => told.push(...uppy.getState().info.map(({ message }) => message)));
    uppy.addFile({ name, type: "application/x-test", data: chosen.files[0], meta });
    running = uppy.upload();
  };

  /** What became of it. */
  globalThis.ended = async () => {
    const { successful, failed } = await running;
    const [file] = [...successful, ...failed];
    return {
      url: file.uploadURL ?? null,
      error: file.error ?? null,
      answer: failed.length > 0 ? file.response?.body.xhr.responseText ?? null : null,
      told,
    };
  };
})();
