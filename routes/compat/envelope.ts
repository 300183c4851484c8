/** The envelope in which system C ("Radish") wraps every JSON answer. */
import { z } from "@hono/zod-openapi";

interface EnvelopeValues {
  statusCode?: number;
  messageInfo?: string;
  messageInfoDev?: string;
  responseData?: unknown;
  code?: string | null;
}

export function envelope(
  { statusCode = 200, messageInfo = "", messageInfoDev = "", responseData = null, code = null }:
    EnvelopeValues,
) {
  return {
    statusCode,
    isSuccess: statusCode < 400,
    messageInfo,
    messageInfoDev,
    responseData,
    code,
    messageKey: null,
  };
}

export const envelopeSchema = <Schema extends z.ZodType>(responseData: Schema) =>
  z.object({
    statusCode: z.int().openapi({ description: "The HTTP status." }),
    isSuccess: z.boolean(),
    messageInfo: z.string().openapi({ description: "For people." }),
    messageInfoDev: z.string(),
    responseData,
    code: z.string().nullable().openapi({ description: "Of a refusal: its code, as everywhere here." }),
    messageKey: z.null(),
  });
