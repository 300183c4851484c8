/** What is done with pictures, and how much they may cost. */
import { optional, setting } from "../setting.ts";
import * as kind from "../values.ts";

const KIB = 2 ** 10;
const GIB = 2 ** 30;

export const IMAGES = {
  "images.engine": setting({
    group: "Images",
    key: "images.engine",
    ...kind.choice(["auto", "sharp", "imagescript", "off"]),
    default: "auto",
    description:
      "What works on pictures: sharp is fast native code, imagescript slower and without any; auto takes sharp where it can be loaded. off: no variants, no watermarks.",
  }),
  "images.thumbnail": setting({
    group: "Images",
    key: "images.thumbnail",
    ...kind.box(),
    unit: "pixels",
    default: "150x150",
    description: "The variant thumbnail fits inside of this, and is never larger than the picture.",
  }),
  "images.small": setting({
    group: "Images",
    key: "images.small",
    ...kind.box(),
    unit: "pixels",
    default: "400x300",
    description: "The variant small, likewise.",
  }),
  "images.medium": setting({
    group: "Images",
    key: "images.medium",
    ...kind.box(),
    unit: "pixels",
    default: "800x600",
    description: "The variant medium, likewise.",
  }),
  "images.large": setting({
    group: "Images",
    key: "images.large",
    ...kind.box(),
    unit: "pixels",
    default: "1200x900",
    description: "The variant large, likewise.",
  }),
  "images.quality": setting({
    group: "Images",
    key: "images.quality",
    ...kind.integer(1, 100),
    default: 85,
    description: "Quality of variants and of marked pictures, for formats that lose something.",
  }),
  "images.maxPixels": setting({
    group: "Images",
    key: "images.maxPixels",
    ...kind.integer(1, 10_000_000_000),
    unit: "pixels",
    default: 100_000_000,
    description:
      "Width times height of the largest picture that is worked on; types that check pictures take none above it.",
  }),
  "images.maxFrames": setting({
    group: "Images",
    key: "images.maxFrames",
    ...kind.integer(1, 1_000_000),
    unit: "frames",
    default: 1000,
    description: "Frames or pages of the longest picture that types that check pictures take.",
  }),
  "images.maxBytes": setting({
    group: "Images",
    key: "images.maxBytes",
    ...kind.bytes(KIB, GIB),
    unit: "bytes",
    default: "64 MiB",
    description: "Size of the largest picture that is worked on; it is held in memory meanwhile.",
  }),
  "images.workers": setting({
    group: "Images",
    key: "images.workers",
    ...kind.integer(1, 64),
    default: 1,
    description: "Pictures that are worked on at once, each by one core.",
  }),
  "images.queue": setting({
    group: "Images",
    key: "images.queue",
    ...kind.integer(1, 100_000),
    default: 500,
    description: "Pictures that may wait for that; more are told to come again.",
  }),
  "images.timeoutSeconds": setting({
    group: "Images",
    key: "images.timeoutSeconds",
    ...kind.integer(1, 600),
    unit: "seconds",
    default: 20,
    description: "Time after which work on a picture is given up.",
  }),
  "images.watermark.text": optional({
    group: "Images",
    key: "images.watermark.text",
    ...kind.text(64),
    defaultText: "siteName",
    description: "Text of watermarks whose request names none.",
  }),
  "images.watermark.picture": optional({
    group: "Images",
    key: "images.watermark.picture",
    env: "PAWL_WATERMARK_PICTURE",
    ...kind.path(),
    description: "A picture, best a PNG with transparency, that is the watermark instead of the text.",
  }),
  "images.watermark.position": setting({
    group: "Images",
    key: "images.watermark.position",
    ...kind.choice(["top-left", "top-right", "bottom-left", "bottom-right", "center"]),
    default: "bottom-right",
    description: "Where watermarks are.",
  }),
  "images.watermark.textPercent": setting({
    group: "Images",
    key: "images.watermark.textPercent",
    ...kind.integer(1, 100),
    unit: "percent",
    default: 5,
    description: "Height of the letters of a watermark, of the picture's width.",
  }),
  "images.watermark.picturePercent": setting({
    group: "Images",
    key: "images.watermark.picturePercent",
    ...kind.integer(1, 100),
    unit: "percent",
    default: 10,
    description: "Width of a watermark that is a picture, of the picture's width.",
  }),
  "images.watermark.opacity": setting({
    group: "Images",
    key: "images.watermark.opacity",
    ...kind.integer(1, 100),
    unit: "percent",
    default: 50,
    description: "How much of a watermark is seen.",
  }),
};
