/** What the file system's refusals mean to the person who uploads or downloads. */
import { Problem } from "../problem.ts";

/** The error of a failed file operation as a `Problem`; a `Problem` stays as it is. */
export function diskProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const code = (error as { code?: unknown } | null)?.code;
  if (code === "ENOSPC" || code === "EDQUOT") return diskFull(error);
  if (code === "EMFILE" || code === "ENFILE") {
    return new Problem("busy", "The server has too many files open. Try again in a moment.", {
      retryAfter: 2,
      cause: error,
    });
  }
  return new Problem("storage-unavailable", "The server's disk does not work right now. Try again later.", {
    retryAfter: 10,
    cause: error,
  });
}

/** There is no room for more bytes. */
export function diskFull(cause?: unknown): Problem {
  return new Problem(
    "disk-full",
    "The server's disk is full. What was acknowledged is safe; try again later.",
    { retryAfter: 30, cause },
  );
}

/** Runs a file operation and turns its failure into a `Problem`. */
export async function onDisk<T>(operation: Promise<T>): Promise<T> {
  try {
    return await operation;
  } catch (error) {
    throw diskProblem(error);
  }
}
