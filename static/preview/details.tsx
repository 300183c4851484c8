/** The facts of a file, and who may open it. */
import type { Attachment, Visibility } from "../../client/mod.ts";
import { Select } from "../controls/select.tsx";
import { kindName, useWords } from "../i18n/words.ts";
import { usePage } from "../state/page_state.ts";

const VISIBILITIES: readonly Visibility[] = ["private", "users", "public"];

export function Details({ attachment }: { attachment: Attachment }) {
  const { actions } = usePage();
  const words = useWords();
  const { m, format } = words;
  const { size, contentType, businessType, createdAt, downloadCount, sha256, visibility, deletedAt, image } =
    attachment;
  const facts: [string, string][] = [
    [m.preview.size, format.bytes(size)],
    [m.preview.stored, format.full(createdAt)],
    [m.preview.kind, kindName(words, businessType)],
    [m.preview.type, contentType],
    ...(image ? [[m.preview.pixels, `${image.width} × ${image.height}`] as [string, string]] : []),
    [m.preview.downloads, format.number(downloadCount)],
  ];
  return (
    <dl class="details small">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd class="figures">{value}</dd>
        </div>
      ))}
      {deletedAt === null && (
        <div>
          <dt>{m.preview.visibility}</dt>
          <dd>
            <Select
              label={m.preview.visibility}
              value={visibility}
              options={VISIBILITIES.map((one) => [one, m.preview.visibilities[one]])}
              onChange={(value) => void actions.setVisibility(attachment, value as Visibility)}
            />
          </dd>
        </div>
      )}
      <div class="wide">
        <dt>{m.preview.digest}</dt>
        <dd>
          <code>{sha256}</code>
        </dd>
      </div>
    </dl>
  );
}
