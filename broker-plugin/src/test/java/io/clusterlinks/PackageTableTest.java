// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.Architectures;

/** Who may know whom inside the broker; see docs/architecture.md. */
@AnalyzeClasses(packages = "io.clusterlinks", importOptions = ImportOption.DoNotIncludeTests.class)
class PackageTableTest {
    private static final DescribedPredicate<JavaClass> BROKER_INTERNALS = describe(
            "internals of the broker",
            type -> (type.getName().startsWith("kafka.")
                            || type.getName().startsWith("scala.")
                            || type.getName().startsWith("org.apache.kafka.storage.")
                            || type.getName().startsWith("org.apache.kafka.metadata.")
                            || type.getName().startsWith("org.apache.kafka.image.")
                            || type.getName().startsWith("org.apache.kafka.server.")
                            || type.getName().startsWith("org.apache.kafka.common.record.internal."))
                    && !type.getName().startsWith("org.apache.kafka.server.authorizer."));

    @ArchTest
    static final ArchRule ONLY_HOST_NAMES_BROKER_INTERNALS = noClasses()
            .that()
            .resideOutsideOfPackage("io.clusterlinks.host..")
            .should()
            .dependOnClassesThat(BROKER_INTERNALS);

    @ArchTest
    static final ArchRule ONLY_AGENT_REWRITES_CLASSES = noClasses()
            .that()
            .resideOutsideOfPackage("io.clusterlinks.agent..")
            .should()
            .dependOnClassesThat(resideInAnyPackage("net.bytebuddy.."));

    @ArchTest
    static final ArchRule DEPENDENCIES_RUN_DOWNWARDS = Architectures.layeredArchitecture()
            .consideringOnlyDependenciesInLayers()
            .layer("agent")
            .definedBy("io.clusterlinks.agent..")
            .layer("plugin")
            .definedBy("io.clusterlinks.plugin..")
            .layer("admin")
            .definedBy("io.clusterlinks.admin..")
            .layer("coordinator")
            .definedBy("io.clusterlinks.coordinator..")
            .layer("sync")
            .definedBy("io.clusterlinks.sync..")
            .layer("mirror")
            .definedBy("io.clusterlinks.mirror..")
            .layer("guard")
            .definedBy("io.clusterlinks.guard..")
            .layer("source")
            .definedBy("io.clusterlinks.source..")
            .layer("state")
            .definedBy("io.clusterlinks.state..")
            .layer("host")
            .definedBy("io.clusterlinks.host..")
            .whereLayer("agent")
            .mayNotBeAccessedByAnyLayer()
            .whereLayer("plugin")
            .mayOnlyBeAccessedByLayers("agent")
            .whereLayer("admin")
            .mayOnlyBeAccessedByLayers("plugin")
            .whereLayer("coordinator")
            .mayOnlyBeAccessedByLayers("plugin", "admin")
            .whereLayer("sync")
            .mayOnlyBeAccessedByLayers("coordinator")
            .whereLayer("mirror")
            .mayOnlyBeAccessedByLayers("plugin")
            .whereLayer("guard")
            .mayOnlyBeAccessedByLayers("plugin")
            .whereLayer("source")
            .mayOnlyBeAccessedByLayers("plugin", "coordinator", "sync", "mirror")
            .whereLayer("state")
            .mayOnlyAccessLayers("host")
            .whereLayer("host")
            .mayNotAccessAnyLayer();
}
