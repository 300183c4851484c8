import sharp from "sharp";
import { sharpEngine } from "../../../services/images/engine_sharp.ts";
import { openLetters } from "../../../services/images/font.ts";
import { imageEngineContract } from "../../contract/image_engine.ts";

imageEngineContract({
  name: "sharp",
  open: (limits) => Promise.resolve(sharpEngine(sharp, { letters: openLetters(), limits })),
});
