/** One link. */
import { memo } from "hono/jsx/dom";
import { Icon } from "../../controls/icon.tsx";
import type { AdminToken } from "../api.ts";
import { Owner } from "../parts/owner.tsx";
import { When } from "../parts/when.tsx";
import { formatRoute } from "../state/route.ts";
import { useAdminWords } from "../words/admin_words.ts";

export interface LinkRowProps {
  link: AdminToken;
  revoke: (link: AdminToken) => void;
}

/** Drawn again only when it has changed. */
export const LinkRow = memo(Row);

function Row({ link, revoke }: LinkRowProps) {
  const { a } = useAdminWords();
  const { fileName, preview, ownerId, status, uses, maxUses, createdBy, createdAt, expiresAt } = link;
  const { links: m } = a.lists;
  const isActive = status === "active";
  const name = fileName ?? m.fileGone;
  return (
    <li class={isActive ? "row link" : "row link ended"} data-id={link.id}>
      <span class="mark" aria-hidden="true">
        <Icon name="link" />
      </span>
      <div class="middle">
        <p class="line">
          <a
            class="name clip"
            href={formatRoute({ section: "audit", query: { targetKind: "token", targetId: link.id } })}
            title={a.lists.history}
          >
            {name}
          </a>
          <Owner
            id={ownerId}
            section="links"
            query={isActive ? {} : { status: "ended" }}
          />
          {!isActive && <span class="badge">{m.status[status]}</span>}
        </p>
        <p class="meta soft small figures">
          <span>{m.uses(uses, maxUses)}</span>
          {isActive && <When iso={expiresAt} say={m.until} />}
          {!isActive && (
            <When iso={link.revokedAt ?? earlier(link.lastUsedAt, expiresAt, status)} say={m.endedAt} />
          )}
          {link.authorizedUserId !== null && <span>{m.onlyUser(link.authorizedUserId)}</span>}
          {link.authorizedIp !== null && <span>{m.onlyFrom(link.authorizedIp)}</span>}
          {link.lastUsedAt !== null && isActive && <When iso={link.lastUsedAt} say={m.lastUsed} />}
          <When iso={createdAt} say={(time) => m.madeBy(createdBy, time)} />
          <span>{m.begins(preview)}</span>
        </p>
      </div>
      {isActive && (
        <button
          type="button"
          class="button slim"
          aria-label={m.revokeNamed(name, preview)}
          onClick={() => revoke(link)}
        >
          {m.revoke}
        </button>
      )}
    </li>
  );
}

/** One that is used up ended with its last use. */
function earlier(lastUsedAt: string | null, expiresAt: string, status: AdminToken["status"]): string {
  return status === "exhausted" && lastUsedAt !== null ? lastUsedAt : expiresAt;
}
