/** What somebody who is signed in sees. */
import { usePage } from "../state/page_state.ts";
import { useStore } from "../state/store.ts";
import { DropZone } from "../queue/drop_zone.tsx";
import { Queue } from "../queue/queue.tsx";
import { UnfinishedList } from "../queue/unfinished_list.tsx";
import { UsageMeter } from "./usage_meter.tsx";
import { Files } from "../files/files.tsx";

export function Home() {
  const { site } = usePage();
  const name = useStore(site.store, ({ siteName }) => siteName);
  return (
    <div class="home">
      <h1 class="unseen">{name}</h1>
      <DropZone />
      <UsageMeter />
      <Queue />
      <UnfinishedList />
      <Files />
    </div>
  );
}
