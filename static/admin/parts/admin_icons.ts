/** Icons of the administrators' page alone; see `controls/icon.tsx`. */
export const CLOCK = { path: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zm0-14v5l3.5 2" };
export const COPY = { path: "M9 9h10.5v10.5H9zM5 15H4.5V4.5H15V5" };
export const FILTER = { path: "M4 6h16M7 12h10m-7 6h4" };
export const DISK = {
  path:
    "M12 10c4.4 0 8-1.3 8-3s-3.6-3-8-3-8 1.3-8 3 3.6 3 8 3zm-8-3v5c0 1.7 3.6 3 8 3s8-1.3 8-3V7M4 12v5c0 1.7 3.6 3 8 3s8-1.3 8-3v-5",
};
