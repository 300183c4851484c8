/** What requests may say is to be done to a picture. */
import { z } from "@hono/zod-openapi";
import type { ImageRequest } from "../services/model.ts";

function imageOptions<Flag extends z.ZodType<boolean>>(flag: () => Flag) {
  return {
    generateThumbnail: flag().optional().openapi({
      description:
        "Makes the thumbnail at once, not only when somebody asks; by default the business type decides: true unless configured otherwise.",
    }),
    generateMultipleSizes: flag().optional().openapi({
      description: "Makes all variants at once; by default the business type decides.",
    }),
    addWatermark: flag().optional().openapi({
      description: "Stores the picture with a mark on it; by default the business type decides.",
    }),
    watermarkText: z.string().min(1).max(64).regex(/^\P{Cc}*$/u, "must not hold control characters")
      .optional()
      .openapi({ description: "Instead of the configured mark." }),
    removeExif: flag().optional().openapi({
      description:
        "Removes what says where, when and by whom, without a change of the picture; by default the business type decides.",
    }),
  };
}

/** In JSON. */
export const ImageOptions = z.strictObject(imageOptions(() => z.boolean())).openapi("ImageOptions");

const flagText = () =>
  z.enum(["true", "false", "1", "0"]).transform((text) => text === "true" || text === "1").openapi({
    type: "string",
    enum: ["true", "false", "1", "0"],
  });

/** In a query or a form, beside the file's other fields. */
export const imageFields = imageOptions(flagText);

type ImageFields = { [Name in keyof ImageRequest]?: ImageRequest[Name] };

/** A request's fields with those of the picture put together. */
export function withImage<Fields extends ImageFields>(fields: Fields) {
  const { generateThumbnail, generateMultipleSizes, addWatermark, watermarkText, removeExif, ...rest } =
    fields;
  const image = { generateThumbnail, generateMultipleSizes, addWatermark, watermarkText, removeExif };
  const given = Object.entries(image).filter(([, value]) => value !== undefined);
  return { ...rest, ...(given.length > 0 && { image: Object.fromEntries(given) as ImageRequest }) };
}
