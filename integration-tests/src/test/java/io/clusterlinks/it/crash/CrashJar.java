// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.crash;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import net.bytebuddy.ByteBuddy;

/** {@link CrashAgent} as the jar file that a JVM wants. */
final class CrashJar {
    private CrashJar() {}

    static Path write(Path directory) throws IOException {
        Manifest manifest = new Manifest();
        Attributes attributes = manifest.getMainAttributes();
        attributes.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        attributes.putValue("Premain-Class", CrashAgent.class.getName());
        attributes.put(
                Attributes.Name.CLASS_PATH, location(ByteBuddy.class).toUri().toString());
        Path jar = directory.resolve("crash-agent.jar");
        try (OutputStream out = Files.newOutputStream(jar);
                JarOutputStream classes = new JarOutputStream(out, manifest)) {
            for (Path file : classFiles()) {
                classes.putNextEntry(new JarEntry(packagePath() + file.getFileName()));
                try (InputStream in = Files.newInputStream(file)) {
                    in.transferTo(classes);
                }
            }
        }
        return jar;
    }

    private static List<Path> classFiles() throws IOException {
        try (Stream<Path> files = Files.list(location(CrashAgent.class).resolve(packagePath()))) {
            return files.filter(file -> file.getFileName().toString().startsWith("Crash"))
                    .filter(file -> file.toString().endsWith(".class"))
                    .toList();
        }
    }

    private static String packagePath() {
        return CrashAgent.class.getPackageName().replace('.', '/') + "/";
    }

    private static Path location(Class<?> type) {
        try {
            return Path.of(
                    type.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
