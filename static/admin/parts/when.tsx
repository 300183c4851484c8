/** When something was or will be, by how far away that is; told anew as time goes by. */
import { useStore } from "../../state/store.ts";
import { useAdmin } from "../state/admin_state.ts";
import { useAdminWords } from "../words/admin_words.ts";

export function When({ iso }: { iso: string }) {
  const { clock } = useAdmin();
  const { times, format } = useAdminWords();
  useStore(clock);
  return <time datetime={iso} title={format.full(iso)}>{times.away(iso)}</time>;
}
