// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.benchmark;

import java.util.Locale;
import java.util.Map;

/** Bar charts as SVG, readable on light and dark ground. */
final class Chart {
    private static final int WIDTH = 720;
    private static final int ROW = 28;
    private static final int LABEL = 250;
    private static final int TOP = 44;
    private static final String FONT = "font-family=\"sans-serif\" font-size=\"13\"";

    private Chart() {}

    static String bars(String title, String unit, Map<String, Double> values) {
        double max =
                values.values().stream().mapToDouble(Double::doubleValue).max().orElse(1);
        int height = TOP + ROW * values.size() + 10;
        StringBuilder svg = new StringBuilder(String.format(
                Locale.ROOT,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">%n"
                        + "<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>%n"
                        + "<text x=\"12\" y=\"24\" %s font-weight=\"bold\" fill=\"#222222\">%s</text>%n",
                WIDTH,
                height,
                WIDTH,
                height,
                FONT,
                escape(title)));
        int y = TOP;
        for (Map.Entry<String, Double> bar : values.entrySet()) {
            double width = Math.max(1, bar.getValue() / Math.max(max, 1e-9) * (WIDTH - LABEL - 130));
            String color = bar.getKey().startsWith("cluster links") ? "#1f77b4" : "#9aa5b1";
            svg.append(String.format(
                    Locale.ROOT,
                    "<text x=\"%d\" y=\"%d\" %s text-anchor=\"end\" fill=\"#222222\">%s</text>%n"
                            + "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"18\" fill=\"%s\"/>%n"
                            + "<text x=\"%.1f\" y=\"%d\" %s fill=\"#222222\">%s %s</text>%n",
                    LABEL - 10,
                    y + 14,
                    FONT,
                    escape(bar.getKey()),
                    LABEL,
                    y,
                    width,
                    color,
                    LABEL + width + 8,
                    y + 14,
                    FONT,
                    number(bar.getValue()),
                    escape(unit)));
            y += ROW;
        }
        return svg.append("</svg>\n").toString();
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, value >= 100 ? "%.0f" : "%.2f", value);
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
