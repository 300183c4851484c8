/** Who is uploading what right now. */
import { useCallback, useState } from "hono/jsx/dom";
import { useStore } from "../../state/store.ts";
import { PagedList } from "../parts/paged_list.tsx";
import { Section } from "../parts/section.tsx";
import { TextFilter } from "../parts/text_filter.tsx";
import { useAdmin } from "../state/admin_state.ts";
import { usePaged } from "../state/paged.ts";
import type { SeenUpload } from "../state/uploads.ts";
import { useAdminWords } from "../words/admin_words.ts";
import { CancelUpload } from "./cancel_upload.tsx";
import { UploadRow } from "./upload_row.tsx";

export function UploadsSection() {
  const { uploads, router } = useAdmin();
  const { a } = useAdminWords();
  const owner = useStore(router.store, ({ query }) => query.owner ?? "");
  const state = usePaged(uploads, owner === "" ? {} : { owner });
  const [ending, setEnding] = useState<SeenUpload | null>(null);
  const cancel = useCallback((upload: SeenUpload) => setEnding(upload), []);
  return (
    <Section title={a.sections.uploads} about={a.lists.uploads.about}>
      <div class="toolbar">
        <TextFilter
          icon="person"
          label={a.lists.owner}
          placeholder={a.lists.owner}
          value={owner}
          onChange={(owner) => router.filter({ owner })}
        />
      </div>
      <PagedList
        label={a.sections.uploads}
        list={uploads}
        state={state}
        row={(upload) => <UploadRow key={upload.id} upload={upload} cancel={cancel} />}
        empty={{ icon: "upload", title: a.lists.uploads.none, text: a.lists.uploads.noneText }}
        clear={owner === "" ? null : () => router.filter({ owner: "" })}
        count={a.lists.counts.uploads}
      />
      {ending && <CancelUpload upload={ending} onClose={() => setEnding(null)} />}
    </Section>
  );
}
