/** Whether the record is whole. */
import { useLayoutEffect, useState } from "hono/jsx/dom";
import { Dialog } from "../../controls/dialog.tsx";
import { Icon } from "../../controls/icon.tsx";
import type { Verdict } from "../api.ts";
import { COPY } from "../parts/admin_icons.ts";
import { Failure } from "../parts/states.tsx";
import { useAdmin } from "../state/admin_state.ts";
import { useAdminWords } from "../words/admin_words.ts";

export function VerifyDialog({ onClose }: { onClose: () => void }) {
  const { calls, onError } = useAdmin();
  const { a, m } = useAdminWords();
  const [verdict, setVerdict] = useState<Verdict | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [tries, setTries] = useState(1);
  useLayoutEffect(() => {
    let wanted = true;
    setError(null);
    calls.verifyAudit().then((answer) => wanted && setVerdict(answer), (reason) => {
      onError(reason);
      if (wanted) setError(reason);
    });
    return () => wanted = false;
  }, [tries]);
  return (
    <Dialog title={a.audit.verify} class="dialog verify" onClose={onClose}>
      <div role="status">
        {verdict === null && error === null && <p class="soft">{a.audit.verifying}</p>}
        {verdict !== null && <Told verdict={verdict} />}
      </div>
      {error !== null && <Failure error={error} retry={() => setTries((count) => count + 1)} />}
      <div class="actions">
        <button type="button" class="button" autofocus onClick={onClose}>{m.close}</button>
      </div>
    </Dialog>
  );
}

function Told({ verdict: { intact, seals, sealed, unsealed, head, findings } }: { verdict: Verdict }) {
  const { say } = useAdmin();
  const { a, times } = useAdminWords();
  const { verified } = a.audit;
  async function copy() {
    try {
      // Missing on plain http to another machine, where it can be marked and copied by hand.
      await navigator.clipboard.writeText(head);
      say(({ a }) => a.audit.verified.copied);
    } catch {
      getSelection()?.selectAllChildren(document.getElementById("chain-head")!);
    }
  }
  return (
    <div class="verdict">
      <p class={intact ? "state-mark good" : "state-mark bad"}>
        <strong>{intact ? verified.intactTitle : verified.brokenTitle}</strong>
      </p>
      {intact ? <p>{verified.intact(times.count(sealed), times.count(seals))}</p> : (
        <div>
          <p>{verified.broken(findings.length)}</p>
          <ul class="findings small" tabindex={0} aria-label={verified.brokenTitle}>
            {findings.map((finding) => <li key={finding}>{finding}</li>)}
          </ul>
        </div>
      )}
      {unsealed > 0 && <p class="soft small">{verified.unsealed(times.count(unsealed))}</p>}
      {seals > 0 && (
        <div>
          <h3>{verified.head}</h3>
          <p class="soft small">{verified.headText}</p>
          <p class="copy">
            <code id="chain-head">{head}</code>
            <button type="button" class="button slim" onClick={() => void copy()}>
              <Icon name={COPY} />
              {verified.copy}
            </button>
          </p>
        </div>
      )}
    </div>
  );
}
