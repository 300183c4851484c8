/** Ends somebody's upload, after a question. */
import { Confirm } from "../../controls/dialog.tsx";
import { useAdmin } from "../state/admin_state.ts";
import type { SeenUpload } from "../state/uploads.ts";
import { adminProblem, useAdminWords } from "../words/admin_words.ts";

export function CancelUpload({ upload, onClose }: { upload: SeenUpload; onClose: () => void }) {
  const { pawl, uploads, say, onError } = useAdmin();
  const { a } = useAdminWords();
  const { id, fileName, ownerId } = upload;
  async function cancel() {
    try {
      await pawl.uploads.cancel(id);
      uploads.drop(new Set([id]));
      say(({ a }) => a.lists.uploads.cancelled(fileName));
    } catch (error) {
      onError(error);
      say((words) => adminProblem(words, error));
    }
    uploads.now();
  }
  return (
    <Confirm
      title={a.lists.uploads.cancelTitle(fileName)}
      text={a.lists.uploads.cancelText(ownerId)}
      yes={a.lists.uploads.cancelYes}
      no={a.lists.uploads.keep}
      onYes={() => void cancel()}
      onClose={onClose}
    />
  );
}
