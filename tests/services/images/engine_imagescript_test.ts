import { imagescriptEngine } from "../../../services/images/engine_imagescript.ts";
import { openLetters } from "../../../services/images/font.ts";
import { loadCodecs } from "../../../services/images/wasm_codecs.ts";
import { imageEngineContract } from "../../contract/image_engine.ts";

imageEngineContract({
  name: "imagescript",
  open: async (limits) => imagescriptEngine(await loadCodecs(), { letters: openLetters(), limits }),
});
