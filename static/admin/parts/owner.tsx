/** Whose something is; leads to what else of theirs is in the same list. */
import { formatRoute, type Section } from "../state/route.ts";
import { useAdminWords } from "../words/admin_words.ts";

export interface OwnerProps {
  id: string;
  section: Section;
  /** Filters that stay. */
  query?: Record<string, string>;
}

export function Owner({ id, section, query = {} }: OwnerProps) {
  const { a } = useAdminWords();
  return (
    <a
      class="owner clip"
      href={formatRoute({ section, query: { ...query, owner: id } })}
      title={a.lists.onlyOwner(id)}
    >
      {id}
    </a>
  );
}
