/** What files of all owners are narrowed by. */
import { Select } from "../../controls/select.tsx";
import { kindName } from "../../i18n/words.ts";
import { useStore } from "../../state/store.ts";
import { TextFilter } from "../parts/text_filter.tsx";
import { useAdmin } from "../state/admin_state.ts";
import type { Query } from "../state/paged.ts";
import { useAdminWords } from "../words/admin_words.ts";

export interface FileFiltersProps {
  query: Query;
  change: (query: Record<string, string>) => void;
}

export function FileFilters({ query, change }: FileFiltersProps) {
  const { businessTypes } = useAdmin();
  const words = useAdminWords();
  const { a, m } = words;
  const types = useStore(businessTypes.store);
  const kinds: [string, string][] = types.map(({ name }) => [name, kindName(words, name)]);
  return (
    <div class="file-filters">
      <TextFilter
        icon="search"
        label={a.lists.search}
        placeholder={a.lists.search}
        value={query.q ?? ""}
        onChange={(q) => change({ q })}
      />
      <TextFilter
        icon="person"
        label={a.lists.owner}
        placeholder={a.lists.owner}
        value={query.owner ?? ""}
        onChange={(owner) => change({ owner })}
      />
      <Select
        label={m.list.type}
        value={query.businessType ?? ""}
        options={[["", m.list.allTypes], ...kinds]}
        onChange={(businessType) => change({ businessType })}
      />
    </div>
  );
}
