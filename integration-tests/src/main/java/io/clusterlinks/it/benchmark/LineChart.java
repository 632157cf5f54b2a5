// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.benchmark;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Lines over a few steps as SVG, readable on light and dark ground; the scale is logarithmic or begins at 0. */
final class LineChart {
    private static final int WIDTH = 720;
    private static final int HEIGHT = 340;
    private static final int LEFT = 70;
    private static final int RIGHT = 230;
    private static final int TOP = 50;
    private static final int BOTTOM = 40;
    private static final List<String> COLORS = List.of("#1f77b4", "#d95f02", "#7a8793", "#b08d2f", "#66a182");

    private final boolean logarithmic;
    private final double min;
    private final double max;

    private LineChart(boolean logarithmic, Map<String, List<Double>> lines) {
        this.logarithmic = logarithmic;
        double most = lines.values().stream()
                .flatMap(List::stream)
                .mapToDouble(Double::doubleValue)
                .max()
                .orElse(1);
        double least = lines.values().stream()
                .flatMap(List::stream)
                .mapToDouble(Double::doubleValue)
                .min()
                .orElse(0);
        this.max = logarithmic ? Math.pow(10, Math.ceil(Math.log10(Math.max(1e-3, most)))) : Math.max(1e-9, most * 1.1);
        this.min = logarithmic
                ? Math.min(max / 10, Math.pow(10, Math.floor(Math.log10(Math.max(1e-3, least)))))
                : Math.min(0, least);
    }

    /** One line per entry, with a value for each of {@code steps}. */
    static String of(
            String title, String unit, boolean logarithmic, List<String> steps, Map<String, List<Double>> lines) {
        LineChart chart = new LineChart(logarithmic, lines);
        StringBuilder svg = new StringBuilder();
        add(
                svg,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\""
                        + " font-size=\"13\">%n<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>%n",
                WIDTH,
                HEIGHT,
                WIDTH,
                HEIGHT);
        add(svg, "<text x=\"12\" y=\"24\" font-weight=\"bold\" fill=\"#222222\">%s, %s</text>%n", title, unit);
        chart.axes(svg, steps);
        int index = 0;
        for (Map.Entry<String, List<Double>> line : lines.entrySet()) {
            chart.line(svg, line.getKey(), line.getValue(), COLORS.get(index % COLORS.size()), index);
            index++;
        }
        return svg.append("</svg>\n").toString();
    }

    private void axes(StringBuilder svg, List<String> steps) {
        for (int i = 0; i <= 4; i++) {
            double part = i / 4.0;
            double value = logarithmic ? min * Math.pow(max / min, part) : min + (max - min) * part;
            add(
                    svg,
                    "<line x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\" stroke=\"#dddddd\"/>%n"
                            + "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\" fill=\"#222222\">%s</text>%n",
                    LEFT,
                    y(value),
                    WIDTH - RIGHT,
                    y(value),
                    LEFT - 8,
                    y(value) + 4,
                    String.format(Locale.ROOT, Math.abs(value) >= 10 ? "%.0f" : "%.2g", value));
        }
        for (int i = 0; i < steps.size(); i++) {
            add(
                    svg,
                    "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\" fill=\"#222222\">%s</text>%n",
                    x(i, steps.size()),
                    HEIGHT - BOTTOM + 20,
                    steps.get(i));
        }
    }

    private void line(StringBuilder svg, String name, List<Double> values, String color, int index) {
        StringBuilder points = new StringBuilder();
        for (int i = 0; i < values.size(); i++) {
            add(points, "%.1f,%.1f ", x(i, values.size()), y(values.get(i)));
        }
        add(svg, "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>%n", points, color);
        int labelY = TOP + 18 * index + 8;
        add(
                svg,
                "<rect x=\"%d\" y=\"%d\" width=\"12\" height=\"12\" fill=\"%s\"/>%n<text x=\"%d\" y=\"%d\" fill=\"#222222\">%s</text>%n",
                WIDTH - RIGHT + 16,
                labelY - 11,
                color,
                WIDTH - RIGHT + 34,
                labelY,
                name);
    }

    private static double x(int step, int steps) {
        return LEFT + 15 + step * (WIDTH - LEFT - RIGHT - 30.0) / Math.max(1, steps - 1);
    }

    private double y(double value) {
        double part =
                logarithmic ? Math.log(Math.max(min, value) / min) / Math.log(max / min) : (value - min) / (max - min);
        return HEIGHT - BOTTOM - part * (HEIGHT - TOP - BOTTOM);
    }

    private static void add(StringBuilder to, String format, Object... arguments) {
        to.append(String.format(Locale.ROOT, format, arguments));
    }
}
