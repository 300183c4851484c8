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
  sortBy: (column: string) => string;
  resumes: string;
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
    sortBy: (column) => `Sort by: ${column}`,
    resumes: "A download that breaks off can be resumed.",
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
    sortBy: (column) => `按${column}排序`,
    resumes: "中断的下载可以继续。",
  },
};
