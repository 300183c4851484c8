/** What somebody who is signed in sees. */
import { DropZone } from "../queue/drop_zone.tsx";
import { Queue } from "../queue/queue.tsx";
import { UnfinishedList } from "../queue/unfinished_list.tsx";
import { Files } from "../files/files.tsx";

export function Home() {
  return (
    <>
      <DropZone />
      <Queue />
      <UnfinishedList />
      <Files />
    </>
  );
}
