/** What kind of file comes in: which rules of size and type hold. */
import { Select } from "../controls/select.tsx";
import { kindName, useWords } from "../i18n/words.ts";
import { usePage } from "../state/page_state.ts";
import { useStore } from "../state/store.ts";

/** More extensions than these are not listed. */
const LISTED = 5;

export function KindSelect() {
  const { businessTypes, preferences } = usePage();
  const words = useWords();
  const { m, format } = words;
  const types = useStore(businessTypes.store);
  const chosen = useStore(preferences, ({ businessType }) => businessType);
  const known = types.find(({ name }) => name === chosen) ?? types[0];
  // Until the kinds are there their place is kept: what stands below must not move under somebody's hand.
  const type = known ?? { name: "General", maxBytes: 0, extensions: null };
  const listed = type.extensions?.slice(0, LISTED).join(" ") ?? "";
  const more = type.extensions !== null && type.extensions.length > LISTED ? " …" : "";
  return (
    <div class={known ? "kind" : "kind unknown"}>
      <span class="soft small" aria-hidden="true">{m.drop.keepAs}</span>
      <Select
        label={m.drop.keepAs}
        value={type.name}
        options={types.map(({ name }) => [name, kindName(words, name)])}
        onChange={(businessType) => preferences.update((before) => ({ ...before, businessType }))}
      />
      <span class="soft small rules">{m.drop.rules(format.bytes(type.maxBytes), listed + more)}</span>
    </div>
  );
}
