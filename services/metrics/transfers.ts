/** Bytes of files as they come and go: plain numbers, because every piece is counted. */
import { Counter, Gauge, type Registry } from "prom-client";

export interface Transfers {
  /** Bytes of bodies that were read to be stored. */
  received: number;
  /** Bytes of files that were handed to the network. */
  sent: number;
  /** Downloads that are under way. */
  open: number;
  /** Downloads whose last byte was handed out. */
  whole: number;
  /** Downloads that ended before, by their client or by a failure. */
  broken: number;
}

export function newTransferMetrics(registry: Registry): Transfers {
  const transfers: Transfers = { received: 0, sent: 0, open: 0, whole: 0, broken: 0 };
  const registers = [registry];
  const count = (name: string, help: string, value: () => number) =>
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(value());
      },
    });
  count("pawl_received_bytes_total", "Bytes of files that came in.", () => transfers.received);
  count("pawl_sent_bytes_total", "Bytes of files that went out.", () => transfers.sent);
  new Counter({
    name: "pawl_downloads_total",
    help: "Answers with bytes of files that have ended: whole, or broken off with bytes left.",
    labelNames: ["end"],
    registers,
    collect() {
      this.reset();
      this.inc({ end: "whole" }, transfers.whole);
      this.inc({ end: "broken" }, transfers.broken);
    },
  });
  new Gauge({
    name: "pawl_downloads_running",
    help: "Answers with bytes of files that are under way, but for those that go out in one piece.",
    registers,
    collect() {
      this.set(transfers.open);
    },
  });
  return transfers;
}
