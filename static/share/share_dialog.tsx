/** Links to a file for people without an account: made here, shown once, taken back here. */
import { useLayoutEffect, useRef, useState } from "hono/jsx/dom";
import type { AccessToken, Attachment, NewAccessToken } from "../../client/mod.ts";
import { Dialog } from "../controls/dialog.tsx";
import { Select } from "../controls/select.tsx";
import { problemText, useWords } from "../i18n/words.ts";
import { useFrame } from "../state/frame_state.ts";
import { useStore } from "../state/store.ts";
import { SHARE_WORDS, type ShareWords } from "./share_words.ts";

/** Of the list; older ones are left to the API. */
const SHOWN = 20;

export function ShareDialog({ attachment, onClose }: { attachment: Attachment; onClose: () => void }) {
  const { pawl, preferences } = useFrame();
  const words = useWords();
  const s = SHARE_WORDS[useStore(preferences, ({ language }) => language)];
  const [links, setLinks] = useState<readonly AccessToken[] | null>(null);
  const [made, setMade] = useState<NewAccessToken | null>(null);
  const [wrong, setWrong] = useState("");

  async function load() {
    try {
      const found: AccessToken[] = [];
      for await (const link of pawl.tokens.list(attachment.id, { limit: SHOWN })) {
        found.push(link);
        if (found.length === SHOWN) break;
      }
      setLinks(found);
    } catch (error) {
      setWrong(problemText(words, error));
    }
  }
  useLayoutEffect(() => void load(), []);

  /** Says what went wrong. */
  async function attempt(work: () => Promise<void>) {
    setWrong("");
    try {
      await work();
      await load();
    } catch (error) {
      setWrong(problemText(words, error));
    }
  }

  async function revoke(id: string) {
    await pawl.tokens.revoke(id);
    // A link that is dead is not to be copied any more.
    setMade((shown) => shown?.id === id ? null : shown);
  }

  return (
    <Dialog title={s.title(attachment.fileName)} class="dialog share" onClose={onClose}>
      {made ? <MadeLink link={made} s={s} onAnother={() => setMade(null)} /> : (
        <NewLink
          s={s}
          make={(request) => attempt(async () => setMade(await pawl.tokens.create(attachment.id, request)))}
        />
      )}
      <p class="wrong" role="alert">{wrong}</p>
      <h3>{s.active}</h3>
      <LinkList links={links} s={s} revoke={(id) => void attempt(() => revoke(id))} />
      <div class="actions">
        <button type="button" class="button" onClick={onClose}>{words.m.close}</button>
      </div>
    </Dialog>
  );
}

interface LinkRequest {
  validHours: number;
  maxUses: number;
  authorizedIp?: string;
}

function NewLink({ s, make }: { s: ShareWords; make: (request: LinkRequest) => Promise<void> }) {
  const [hours, setHours] = useState("24");
  const [uses, setUses] = useState("1");
  const [busy, setBusy] = useState(false);
  const address = useRef<HTMLInputElement>(null);

  async function submit(event: Event) {
    event.preventDefault();
    const authorizedIp = address.current!.value.trim();
    setBusy(true);
    await make({ validHours: Number(hours), maxUses: Number(uses), ...(authorizedIp && { authorizedIp }) });
    setBusy(false);
  }

  return (
    <form onSubmit={submit}>
      <p class="soft">{s.intro}</p>
      <div class="terms">
        <label>
          {s.validFor}
          <Select label={s.validFor} value={hours} options={s.periods} onChange={setHours} />
        </label>
        <label>
          {s.downloads}
          <Select label={s.downloads} value={uses} options={s.counts} onChange={setUses} />
        </label>
      </div>
      <label class="from">
        {s.onlyFrom}
        <input ref={address} class="field" placeholder={s.onlyFromHint} autocomplete="off" maxLength={64} />
      </label>
      <div class="actions">
        <button type="submit" class="button main" disabled={busy}>{s.make}</button>
      </div>
    </form>
  );
}

function MadeLink({ link, s, onAnother }: { link: NewAccessToken; s: ShareWords; onAnother: () => void }) {
  const field = useRef<HTMLInputElement>(null);
  const [copied, setCopied] = useState(false);
  useLayoutEffect(() => field.current!.select(), [link]);

  async function copy() {
    field.current!.select();
    // Missing on plain http to another machine; there the selected text can be copied.
    await navigator.clipboard?.writeText(link.url).then(() => setCopied(true), () => {});
  }

  return (
    <div class="made">
      <p class="soft" role="status">{s.ready}</p>
      <div class="copy">
        <input ref={field} class="field" readonly value={link.url} aria-label={s.active} data-link />
        <button type="button" class="button main" onClick={() => void copy()}>
          {copied ? s.copied : s.copy}
        </button>
      </div>
      <QrCode svg={link.qrCode} label={s.qrCode} />
      <button type="button" class="button slim" onClick={onAnother}>{s.another}</button>
    </div>
  );
}

/** Drawn from the shapes of the document: the page's policy lets no text become a picture or a part of the page. */
function QrCode({ svg, label }: { svg: string; label: string }) {
  const viewBox = /viewBox="([\d ]+)"/.exec(svg)?.[1];
  const shapes = [...svg.matchAll(/<path fill="(#\w+)" d="([^"]+)"/g)];
  return (
    <svg
      class="qr"
      role="img"
      aria-label={label}
      width="180"
      height="180"
      viewBox={viewBox}
      shape-rendering="crispEdges"
    >
      {shapes.map(([, fill, d]) => <path key={fill} fill={fill} d={d} />)}
    </svg>
  );
}

interface LinkListProps {
  links: readonly AccessToken[] | null;
  s: ShareWords;
  revoke: (id: string) => void;
}

function LinkList({ links, s, revoke }: LinkListProps) {
  const { m, format } = useWords();
  if (links === null) return <p class="soft small">{m.loading}</p>;
  if (links.length === 0) return <p class="soft small">{s.none}</p>;
  return (
    <ul class="links">
      {links.map((link) => {
        const active = link.status === "active";
        const facts = [
          link.status === "active" ? s.left(link.remainingUses) : s.states[link.status],
          ...(active ? [s.until(format.full(link.expiresAt))] : []),
          ...(link.authorizedIp === null ? [] : [s.from(link.authorizedIp)]),
        ];
        return (
          <li key={link.id} class={active ? "" : "ended"}>
            <div>
              <code>{link.preview}…</code>
              <p class="soft small figures">{facts.join(" · ")}</p>
            </div>
            {active && (
              <button
                type="button"
                class="button slim"
                aria-label={s.revokeNamed(link.preview)}
                onClick={() => revoke(link.id)}
              >
                {s.revoke}
              </button>
            )}
          </li>
        );
      })}
    </ul>
  );
}
