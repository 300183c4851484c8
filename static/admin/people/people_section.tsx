/** What each person has stored, and what they upload today. */
import { Icon } from "../../controls/icon.tsx";
import { Menu } from "../../controls/menu.tsx";
import { Select } from "../../controls/select.tsx";
import { useStore } from "../../state/store.ts";
import type { PersonUsage } from "../api.ts";
import { Foot } from "../parts/foot.tsx";
import { Section } from "../parts/section.tsx";
import { Empty, Failure, Waiting } from "../parts/states.tsx";
import { type Column, Table } from "../parts/table.tsx";
import { useAdmin } from "../state/admin_state.ts";
import { usePaged } from "../state/paged.ts";
import { formatRoute } from "../state/route.ts";
import { CountNow } from "../storage/storage_section.tsx";
import { useAdminWords } from "../words/admin_words.ts";

const SORTS = ["bytes", "name"] as const;

export function PeopleSection() {
  const { people: { list, asOf }, router } = useAdmin();
  const { a } = useAdminWords();
  const sort = useStore(router.store, ({ query }) => query.sort === "name" ? "name" : "bytes");
  const counted = useStore(asOf);
  const state = usePaged(list, { sort });
  const { items, status, error, cursor } = state;
  const { people: m } = a.figures;
  return (
    <Section title={a.sections.people} about={m.about} tools={<CountNow asOf={counted} />}>
      <div class="toolbar">
        <Select
          label={m.sort}
          value={sort}
          options={SORTS.map((sort) => [sort, m.sorts[sort]])}
          onChange={(sort) => router.filter({ sort: sort === "bytes" ? "" : sort })}
        />
      </div>
      {status === "loading" && <Waiting rows={5} />}
      {status === "failed" && <Failure error={error} retry={list.now} />}
      {status === "ready" && items.length === 0 && cursor === null && (
        <Empty icon="person" title={m.none} text={m.noneText} />
      )}
      {items.length > 0 && <People people={items} />}
      {(items.length > 0 || cursor !== null) && status !== "loading" && status !== "failed" && (
        <Foot
          state={state}
          count={a.lists.counts.people(items.length, cursor !== null)}
          more={() => void list.more()}
        />
      )}
    </Section>
  );
}

function People({ people }: { people: readonly PersonUsage[] }) {
  const { a, format, times } = useAdminWords();
  const { people: m } = a.figures;
  const most = Math.max(1, ...people.map(({ bytes }) => bytes));
  const size = (bytes: number) => bytes === 0 ? <span class="soft">–</span> : format.bytes(bytes);
  const columns: Column<PersonUsage>[] = [
    { name: "person", label: m.columns.person, cell: (person) => <Person person={person} /> },
    {
      name: "bytes",
      label: m.columns.bytes,
      figures: true,
      cell: ({ bytes }) => (
        <span class="share">
          <span class="bar" aria-hidden="true">
            <span class="safe" style={{ "--part": String(bytes / most) }} />
          </span>
          {format.bytes(bytes)}
        </span>
      ),
    },
    { name: "files", label: m.columns.files, figures: true, cell: ({ files }) => times.count(files) },
    {
      name: "bin",
      label: m.columns.bin,
      figures: true,
      cell: ({ deletedBytes, binnedBytes }) => size(deletedBytes + binnedBytes),
    },
    { name: "today", label: m.columns.today, figures: true, cell: ({ bytesToday }) => size(bytesToday) },
    {
      name: "now",
      label: m.columns.now,
      figures: true,
      cell: ({ uploadsNow }) => uploadsNow === 0 ? <span class="soft">–</span> : times.count(uploadsNow),
    },
  ];
  return <Table label={a.sections.people} columns={columns} rows={people} keyOf={({ ownerId }) => ownerId} />;
}

function Person({ person: { ownerId, limited } }: { person: PersonUsage }) {
  const { a } = useAdminWords();
  const { people: m } = a.figures;
  const of = (section: "files" | "uploads" | "links" | "bin") =>
    formatRoute({ section, query: { owner: ownerId } });
  return (
    <span class="person">
      <a class="clip" href={of("files")} title={m.filesOf(ownerId)}>{ownerId}</a>
      {limited && <span class="badge warn">{m.limited}</span>}
      <Menu
        label={m.actions(ownerId)}
        class="button quiet slim icon-only"
        items={() => [
          { label: a.sections.files, icon: "folder", href: of("files") },
          { label: a.sections.bin, icon: "trash", href: of("bin") },
          { label: m.theirUploads, icon: "upload", href: of("uploads") },
          { label: m.theirLinks, icon: "link", href: of("links") },
          {
            label: m.did,
            icon: "shield",
            href: formatRoute({ section: "audit", query: { actor: ownerId } }),
          },
        ]}
      >
        <Icon name="more" />
      </Menu>
    </span>
  );
}
