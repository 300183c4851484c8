/** When something was or will be, by how far away that is; told anew as time goes by. */
import { useStore } from "../../state/store.ts";
import { useAdmin } from "../state/admin_state.ts";
import { useAdminWords } from "../words/admin_words.ts";

export interface WhenProps {
  iso: string;
  /** The sentence that it is a part of. */
  say?: (time: string) => string;
}

export function When({ iso, say = (time) => time }: WhenProps) {
  const { clock } = useAdmin();
  const { times, format } = useAdminWords();
  // Drawn anew only when it is told otherwise by now.
  const text = useStore(clock, () => times.away(iso));
  return <time datetime={iso} title={format.full(iso)}>{say(text)}</time>;
}
