// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.cli;

import java.util.ArrayList;
import java.util.List;

/** Rows in aligned columns, two spaces apart. A header that begins with '>' aligns its column to the right. */
final class Table {
    private static final String GAP = "  ";

    private final List<Boolean> right;
    private final List<List<String>> rows = new ArrayList<>();

    Table(String... headers) {
        right = List.of(headers).stream().map(header -> header.startsWith(">")).toList();
        rows.add(List.of(headers).stream()
                .map(header -> header.startsWith(">") ? header.substring(1) : header)
                .toList());
    }

    Table row(Object... cells) {
        List<String> row = new ArrayList<>();
        for (Object cell : cells) {
            row.add(cell == null || cell.toString().isEmpty() ? "-" : cell.toString());
        }
        rows.add(row);
        return this;
    }

    String render(String indent) {
        StringBuilder text = new StringBuilder();
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder(indent);
            for (int column = 0; column < row.size(); column++) {
                String padding = " ".repeat(width(column) - row.get(column).length());
                line.append(column == 0 ? "" : GAP);
                line.append(right.get(column) ? padding + row.get(column) : row.get(column) + padding);
            }
            text.append(line.toString().stripTrailing()).append(System.lineSeparator());
        }
        return text.toString();
    }

    private int width(int column) {
        return rows.stream().mapToInt(row -> row.get(column).length()).max().orElse(0);
    }
}
