/** Which files are shown: stored or deleted, by name, by kind, in which order. */
import { useRef } from "hono/jsx/dom";
import { Icon } from "../controls/icon.tsx";
import { Select } from "../controls/select.tsx";
import { kindName, useWords } from "../i18n/words.ts";
import type { ListView } from "../state/file_list.ts";
import { usePage } from "../state/page_state.ts";
import { useStore } from "../state/store.ts";

const SORTS = ["created", "name", "size"] as const;
const STATES = ["live", "deleted"] as const;

export function Toolbar() {
  const { list, businessTypes } = usePage();
  const words = useWords();
  const { m } = words;
  const view = useStore(list.store, ({ view }) => view);
  const types = useStore(businessTypes.store);
  const kinds: [string, string][] = types.map(({ name }) => [name, kindName(words, name)]);
  return (
    <div class="toolbar">
      <div class="tabs" role="group" aria-label={m.list.views}>
        {STATES.map((state) => (
          <button
            key={state}
            type="button"
            aria-pressed={String(view.state === state)}
            onClick={() => list.show({ state, q: "" })}
          >
            {m.list[state]}
          </button>
        ))}
      </div>
      <Search view={view} />
      <Select
        label={m.list.type}
        value={view.businessType}
        options={[["", m.list.allTypes], ...kinds]}
        onChange={(businessType) => list.show({ businessType })}
      />
      <Select
        label={m.list.sort}
        value={view.sort}
        options={SORTS.map((sort) => [sort, m.list.sorts[sort]])}
        onChange={(sort) => list.show({ sort: sort as ListView["sort"] })}
      />
    </div>
  );
}

function Search({ view }: { view: ListView }) {
  const { list } = usePage();
  const { m } = useWords();
  const field = useRef<HTMLInputElement>(null);
  // What is typed is the field's own until the list is shown by something else.
  if (field.current && view.q === "" && document.activeElement !== field.current) field.current.value = "";
  return (
    <div class="search">
      <Icon name="search" />
      <input
        ref={field}
        class="field"
        type="search"
        placeholder={m.list.search}
        aria-label={m.list.search}
        autocomplete="off"
        onInput={() => list.search(field.current!.value.trim())}
        onKeyDown={(event: KeyboardEvent) => {
          if (event.key !== "Escape") return;
          field.current!.value = "";
          list.show({ q: "" });
        }}
      />
    </div>
  );
}
