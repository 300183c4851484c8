/** A small tile that says at a glance what kind of file it is. */
import { Icon, type IconName } from "../controls/icon.tsx";
import { extensionOf, type Family, familyOf } from "./type_family.ts";

const ICONS: Record<Family, IconName> = {
  picture: "image",
  video: "video",
  audio: "audio",
  document: "document",
  sheet: "sheet",
  archive: "archive",
  code: "code",
  other: "file",
};

export function TypeMark({ name, contentType }: { name: string; contentType: string }) {
  const family = familyOf({ name, contentType });
  const extension = extensionOf(name).slice(0, 4);
  return (
    <span class={`mark ${family}`} aria-hidden="true">
      <Icon name={ICONS[family]} />
      {extension && <span class="extension">{extension}</span>}
    </span>
  );
}
