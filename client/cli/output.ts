/** What a command says: results to `stdout`, everything else to `stderr`, each in the form that was asked for. */
import { describeFailure, type Failure } from "./failure.ts";
import { EXIT, type ExitReason } from "./exit_codes.ts";
import { printable, printableJson } from "./printable.ts";
import { type Terminal, write } from "./terminal.ts";

/** One result in its three forms. Texts are printed as they are: what others chose in them went through `printable`. */
export interface Result {
  /** With `--json`: one object on a line. */
  json: unknown;
  /** For people; lines without the last line feed, "" for nothing. */
  text: string;
  /** With `--quiet`: what a script needs, as an id; "" for nothing. */
  brief: string;
}

export interface Output {
  result(result: Result): Promise<void>;
  /** A remark for the person; not with `--quiet` or `--json`. One line, made printable. */
  note(text: string): Promise<void>;
  /** Says what went wrong, with `subject` (a file, an id) as the person named it. Gives what the exit code says. */
  failed(error: unknown, subject?: string): Promise<ExitReason>;
}

export function openOutput(
  { stdout, stderr }: Terminal,
  { json, quiet }: { json: boolean; quiet: boolean },
): Output {
  return {
    async result(result) {
      const line = json ? printableJson(result.json) : quiet ? result.brief : result.text;
      if (line !== "") await write(stdout, `${line}\n`);
    },
    async note(text) {
      if (!json && !quiet) await write(stderr, `${printable(text)}\n`);
    },
    async failed(error, subject) {
      const failure = describeFailure(error);
      await write(stderr, `${json ? failureJson(failure, subject) : failureText(failure, subject)}\n`);
      return failure.reason;
    },
  };
}

function failureText({ message }: Failure, subject: string | undefined): string {
  // A system's failure names the file by itself.
  const named = subject === undefined || message.startsWith(`${subject}: `);
  return printable(["pawl", ...(named ? [] : [subject]), message].join(": "));
}

function failureJson({ reason, code, message }: Failure, subject: string | undefined): string {
  return printableJson({ error: { subject: subject ?? null, code, message, exitCode: EXIT[reason].code } });
}
