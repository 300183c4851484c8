/** Files of all owners, and those that they have deleted. */
import { useStore } from "../../state/store.ts";
import { Tabs } from "../parts/tabs.tsx";
import { useAdmin } from "../state/admin_state.ts";
import { useAdminWords } from "../words/admin_words.ts";
import { AttachmentsView } from "./attachments_view.tsx";

export function FilesSection() {
  const { files } = useAdmin();
  const { a } = useAdminWords();
  const { files: m } = a.lists;
  return (
    <AttachmentsView
      section="files"
      state="live"
      list={files}
      about={m.about}
      empty={{ icon: "folder", title: m.none, text: m.noneText }}
    />
  );
}

const STATES = ["deleted", "binned"] as const;

export function BinSection() {
  const { bin, router } = useAdmin();
  const { a } = useAdminWords();
  const state = useStore(router.store, ({ query }) => query.state === "binned" ? "binned" : "deleted");
  const { files: m } = a.lists;
  return (
    <AttachmentsView
      section="bin"
      state={state}
      list={bin}
      about={`${m.binAbout} ${m.stateAbout[state]}`}
      empty={state === "deleted"
        ? { icon: "trash", title: m.noneDeleted, text: m.noneDeletedText }
        : { icon: "trash", title: m.noneBinned, text: m.noneBinnedText }}
    >
      <Tabs
        label={m.views}
        tabs={STATES.map((state) => [state, m.states[state]])}
        value={state}
        onChange={(next) => router.filter({ state: next === "deleted" ? "" : next })}
      />
    </AttachmentsView>
  );
}
