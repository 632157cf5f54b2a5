// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.cli;

import io.clusterlinks.protocol.LinkException;
import java.io.File;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;

/**
 * Configs on the command line. Values are never repeated in a message: they may be secrets.
 */
final class ConfigArguments {
    private ConfigArguments() {}

    /**
     * Parses arguments of the form {@code key=value}, each as a whole; {@code key=[a,b]} is {@code a,b}.
     *
     * @throws IllegalArgumentException if one has no key or no '='
     */
    static Map<String, String> parse(List<String> arguments) {
        Map<String, String> configs = new LinkedHashMap<>();
        arguments.forEach(argument -> add(configs, argument));
        return configs;
    }

    /**
     * Parses arguments as kafka-configs.sh does: {@code key=value,key=[v1,v2]}. Commas within brackets, braces and
     * double quotes do not separate, so JSON values need nothing special.
     *
     * @throws IllegalArgumentException if a part has no key or no '='
     */
    static Map<String, String> parseLists(List<String> arguments) {
        Map<String, String> configs = new LinkedHashMap<>();
        arguments.forEach(argument -> split(argument).forEach(part -> add(configs, part)));
        return configs;
    }

    /** Reads a properties file. @throws LinkException INVALID_CONFIG naming the file if it cannot be read */
    static Properties load(File file) {
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(file.toPath(), StandardCharsets.UTF_8)) {
            properties.load(reader);
        } catch (IOException | IllegalArgumentException e) {
            String why = Files.exists(file.toPath()) ? "it is not readable as properties" : "there is no such file";
            throw LinkException.invalidConfig("Cannot read " + file + ": " + why + ".");
        }
        return properties;
    }

    /** Reads a properties file as configs; {@code null} is an empty file. */
    static Map<String, String> fromFile(File file) {
        Map<String, String> configs = new TreeMap<>();
        if (file != null) {
            load(file)
                    .forEach((key, value) ->
                            configs.put(key.toString(), value.toString().strip()));
        }
        return configs;
    }

    private static void add(Map<String, String> configs, String argument) {
        int equals = argument.indexOf('=');
        if (equals < 1 || argument.substring(0, equals).isBlank()) {
            // Without '=' there is no telling which part is a secret, so only what cannot be one is named.
            throw new IllegalArgumentException(
                    "Configs have the form key=value, or key=[v1,v2] for values with commas");
        }
        String key = argument.substring(0, equals).strip();
        String value = argument.substring(equals + 1).strip();
        boolean bracketed = value.startsWith("[") && value.endsWith("]");
        if (configs.put(key, bracketed ? value.substring(1, value.length() - 1) : value) != null) {
            throw new IllegalArgumentException("Config '" + key + "' is given twice");
        }
    }

    private static List<String> split(String argument) {
        List<String> parts = new ArrayList<>();
        int depth = 0;
        boolean quoted = false;
        int start = 0;
        for (int i = 0; i < argument.length(); i++) {
            char c = argument.charAt(i);
            if (c == '"') {
                quoted = !quoted;
            } else if (!quoted && (c == '[' || c == '{')) {
                depth++;
            } else if (!quoted && (c == ']' || c == '}')) {
                depth--;
            } else if (!quoted && depth <= 0 && c == ',') {
                parts.add(argument.substring(start, i));
                start = i + 1;
            }
        }
        parts.add(argument.substring(start));
        return parts;
    }
}
