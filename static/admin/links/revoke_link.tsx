/** Takes a link back, after a question. */
import { Confirm } from "../../controls/dialog.tsx";
import type { AdminToken } from "../api.ts";
import { useAdmin } from "../state/admin_state.ts";
import { adminProblem, useAdminWords } from "../words/admin_words.ts";

export function RevokeLink({ link, onClose }: { link: AdminToken; onClose: () => void }) {
  const { pawl, links, say, onError } = useAdmin();
  const { a } = useAdminWords();
  const name = link.fileName ?? link.preview;
  async function revoke() {
    try {
      await pawl.tokens.revoke(link.id);
      links.drop(new Set([link.id]));
      say(({ a }) => a.lists.links.revoked(name));
    } catch (error) {
      onError(error);
      say((words) => adminProblem(words, error));
    }
    links.now();
  }
  return (
    <Confirm
      title={a.lists.links.revokeTitle(name)}
      text={a.lists.links.revokeText}
      yes={a.lists.links.revoke}
      no={a.lists.links.keep}
      onYes={() => void revoke()}
      onClose={onClose}
    />
  );
}
