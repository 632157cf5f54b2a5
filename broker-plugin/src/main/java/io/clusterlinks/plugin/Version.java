// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.plugin;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;

/** The plugin's version, as it was built. */
final class Version {
    private static final String RESOURCE = "/kafka-cluster-links.properties";

    private Version() {}

    static String current() {
        try (InputStream in = Version.class.getResourceAsStream(RESOURCE)) {
            Properties properties = new Properties();
            properties.load(in);
            return properties.getProperty("version");
        } catch (IOException e) {
            throw new IllegalStateException("Cannot read " + RESOURCE, e);
        }
    }
}
