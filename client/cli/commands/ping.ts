/** `pawl ping`: is the server there, and how far away. */
import type { Command } from "commander";
import { examples } from "../arguments.ts";
import type { CommandContext, Handle } from "../context.ts";

const REQUESTS = 5;

export function addPing(program: Command, handle: Handle): void {
  program.command("ping")
    .summary("is the server there, and how far away")
    .description(`Asks the server ${REQUESTS} times for nothing and says how long the answers took.`)
    .addHelpText("after", examples([["pawl ping --json", "the times in milliseconds"]]))
    .action(handle(ping));
}

async function ping(context: CommandContext): Promise<void> {
  const { server } = await context.target();
  const pawl = await context.connect();
  const times: number[] = [];
  for (let i = 0; i < REQUESTS; i++) times.push(await pawl.ping({ signal: context.signal }));
  const sorted = times.toSorted((a, b) => a - b);
  const [least, median, most] = [sorted[0]!, sorted[REQUESTS >> 1]!, sorted.at(-1)!];
  const ms = (value: number) => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
  await context.output.result({
    json: { server, milliseconds: { least, median, most } },
    text: `${server} answers in ${ms(median)} (${ms(least)} to ${ms(most)}).`,
    brief: String(Math.round(median)),
  });
}
