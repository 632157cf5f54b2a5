// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.clusterlinks.protocol.Json;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Where commands write: results to stdout in the wanted format, everything else to stderr. */
final class Console {
    // For programs every key is there, also without a value: unlike on the wire nulls are written.
    private static final ObjectWriter JSON = Json.mapper()
            .copy()
            .setDefaultPropertyInclusion(JsonInclude.Include.ALWAYS)
            .writer()
            .with(SerializationFeature.INDENT_OUTPUT);

    private final PrintWriter out;
    private final PrintWriter err;
    private final OutputFormat format;

    Console(PrintWriter out, PrintWriter err, OutputFormat format) {
        this.out = out;
        this.err = err;
        this.format = format;
    }

    boolean isJson() {
        return format == OutputFormat.JSON;
    }

    void json(List<?> objects) {
        try {
            out.println(JSON.writeValueAsString(objects));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("Not writable as JSON", e);
        }
        out.flush();
    }

    void text(String text) {
        out.print(text);
        out.flush();
    }

    void line(String line) {
        text(line + System.lineSeparator());
    }

    void progress(String line) {
        err.println(line);
        err.flush();
    }

    void error(String message) {
        progress("Error: " + message);
    }

    /**
     * Writes the errors of a command about several topics, each naming its topic; one that all topics share, once.
     *
     * @param errors error by topic
     * @param topics number of topics that the command was about
     */
    void errors(Map<String, String> errors, int topics) {
        if (errors.size() == topics && Set.copyOf(errors.values()).size() == 1) {
            error(errors.values().iterator().next());
            return;
        }
        errors.forEach(
                (topic, error) -> error(error.contains("'" + topic + "'") ? error : "Topic '" + topic + "': " + error));
    }
}
