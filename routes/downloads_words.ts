/** What the downloads folder's page says, in the languages that there are. */
export const LANGUAGES = ["en", "zh"] as const;

export interface DownloadsWords {
  /** Of the document, for `Intl`. */
  locale: string;
  title: string;
  top: string;
  name: string;
  size: string;
  type: string;
  modified: string;
  folder: string;
  empty: string;
  emptyHint: string;
  count: (files: number, folders: number) => string;
  /** There are others that are not listed. */
  more: string;
  sortBy: (column: string) => string;
  resumes: string;
  signInFirst: readonly [title: string, detail: string];
  signIn: string;
  again: string;
  nothing: readonly [title: string, detail: string];
}

export const WORDS: Record<(typeof LANGUAGES)[number], DownloadsWords> = {
  en: {
    locale: "en-GB",
    title: "Downloads",
    top: "Downloads",
    name: "Name",
    size: "Size",
    type: "Type",
    modified: "Changed",
    folder: "Folder",
    empty: "Nothing here yet",
    emptyHint: "What is put into this folder appears here.",
    count: (files, folders) =>
      [
        files === 1 ? "1 file" : `${files} files`,
        ...(folders === 0 ? [] : [folders === 1 ? "1 folder" : `${folders} folders`]),
      ]
        .join(", "),
    more: "There is more in this folder than can be shown here.",
    sortBy: (column) => `Sort by: ${column}`,
    resumes: "A download that breaks off can be resumed.",
    signInFirst: ["Sign in first", "What lies here is for people who are signed in."],
    signIn: "Sign in",
    again: "Open it again",
    nothing: ["There is nothing here", "It does not exist, is gone, or is not for you."],
  },
  zh: {
    locale: "zh-CN",
    title: "下载",
    top: "下载",
    name: "名称",
    size: "大小",
    type: "类型",
    modified: "修改时间",
    folder: "文件夹",
    empty: "这里还没有文件",
    emptyHint: "放入此文件夹的文件会显示在这里。",
    count: (files, folders) => folders === 0 ? `${files} 个文件` : `${files} 个文件，${folders} 个文件夹`,
    more: "此文件夹中还有未显示的内容。",
    sortBy: (column) => `按${column}排序`,
    resumes: "中断的下载可以继续。",
    signInFirst: ["请先登录", "这里的内容仅供已登录的用户使用。"],
    signIn: "登录",
    again: "重新打开",
    nothing: ["这里没有内容", "它不存在、已被移除，或者不对您开放。"],
  },
};
